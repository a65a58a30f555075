import { expect, test } from "vitest";
import type { GeneratorProgram } from "../../server/art/generator.js";
import { PixelTranslator } from "../../server/art/live-translation.js";
import type { Pixels } from "../../server/art/painter.js";
import { toInterleaved } from "../../server/art/picture.js";
import { translatePicture } from "../../server/art/translate-picture.js";
import type { TranslationForm } from "../../server/models/card.js";
import { scriptedForm } from "../helpers/scripted-painters.js";

/** Makes pictures redder, so that swapped channels show. Values leave the range on both sides. */
const network: GeneratorProgram = {
  run: async ({ shape, data }) => ({ shape, data: data.map((value, i) => 1.3 * value + (i < data.length / 3 ? 0.2 : -0.1)) }),
  close: async () => undefined,
};

const returning = (values: (length: number) => Float32Array): GeneratorProgram => ({
  ...network,
  run: async ({ shape, data }) => ({ shape, data: values(data.length) }),
});

function noise(width: number, height: number, seed: number): Pixels {
  return { width, height, data: Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 37 + seed * 101 + ((i * i) % 83)) % 256) };
}

function asPlanes({ width, height, data }: Pixels) {
  const area = width * height;
  return { width, height, data: Float32Array.from({ length: 3 * area }, (_, i) => data[3 * (i % area) + Math.floor(i / area)]! / 255) };
}

test.each([
  ["without a border", { sizeMultiple: 1 }],
  ["with a mirrored border", { sizeMultiple: 16 }],
  ["with a border wider than the picture", { minSize: 50 }],
  ["from -1 to 1", { inputRange: "SIGNED", outputRange: "SIGNED" }],
  ["from 0 to 255", { sizeMultiple: 4, inputRange: "BYTE", outputRange: "BYTE" }],
] satisfies [string, Partial<TranslationForm>][])("a live picture is translated like a single one: %s", async (_, changes) => {
  const form = { ...scriptedForm, ...changes };
  const translator = new PixelTranslator(network, form, "test");
  for (const picture of [noise(21, 14, 1), noise(21, 14, 2), noise(9, 17, 3)]) {
    const { pixels } = await translator.translate(picture);
    const { planes } = await translatePicture(network, asPlanes(picture), form, "test");
    const expected = toInterleaved(planes);
    expect([pixels.width, pixels.height]).toEqual([picture.width, picture.height]);
    // Values halfway between two levels may be rounded to either.
    expect(pixels.data.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0)).toBeLessThanOrEqual(1);
  }
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("an output that holds %s is refused", async (value) => {
  const program = returning((length) => new Float32Array(length).fill(0.5).fill(value, length - 1));
  await expect(new PixelTranslator(program, scriptedForm, "test").translate(noise(8, 8, 1))).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: "The model test returned values that are no colours.",
  });
});

test("an output of another size is refused", async () => {
  const program: GeneratorProgram = { ...network, run: async () => ({ shape: [1, 3, 4, 4], data: new Float32Array(48) }) };
  await expect(new PixelTranslator(program, scriptedForm, "test").translate(noise(8, 8, 1))).rejects.toMatchObject({ code: "UNAVAILABLE" });
});
