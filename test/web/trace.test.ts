import sharp from "sharp";
import { expect, test } from "vitest";
import { withText } from "../../server/exports/png-text";
import { encodeStill } from "../../server/exports/still";
import { pngText } from "../../web/parts/png-text";
import { findTrace, traceFromText } from "../../web/rooms/easel/trace";
import { settingsOf } from "../../web/session/recipe";

const settings = {
  alpha: 3,
  beta: 40,
  gamma: 0.2,
  learningRate: 0.02,
  steps: 120,
  size: 128,
  scales: 1,
  seed: 7,
  optimizer: "LBFGS",
  initialImage: "NOISE",
  preserveColors: true,
  styleLayers: [{ layer: "conv1_1", weight: 2 }],
  model: "vgg19-lite",
};
const changes = [{ step: 20, settings: { beta: 90 }, styles: null }];
const trace = JSON.stringify({ format: "atelier-trace", version: 1, title: "Garten, grün", settings, changes });

function picture(): Promise<Buffer> {
  return sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
    .png()
    .toBuffer();
}

test("an exported picture brings back its final settings", async () => {
  const found = await findTrace(new Blob([Uint8Array.from(withText(await picture(), "atelier-trace", trace))]));
  expect(found).toMatchObject({ text: trace, title: "Garten, grün" });
  expect(found && settingsOf(found.recipe)).toMatchObject({ alpha: 3, beta: 90, steps: 120, size: 128, seed: 7 });
  expect(found?.recipe).toMatchObject({ optimizer: "LBFGS", initialImage: "NOISE", preserveColors: true, model: "vgg19-lite" });
  expect(found?.recipe.styleLayers).toEqual(settings.styleLayers);
});

test.each(["jpg", "webp"] as const)("settings with special characters come back from a %s", async (format) => {
  const title = "a < b & c > d, „grün“ </atelier:trace>";
  const asked = { ...JSON.parse(trace), title, losses: [{ step: 0 }] };
  const bytes = await encodeStill({ bytes: await picture(), mimeType: "image/png" }, { format, size: null }, asked);
  const found = await findTrace(new Blob([Uint8Array.from(bytes)]));
  expect(JSON.parse(found?.text ?? "{}")).toEqual(asked);
  const long = { ...asked, losses: Array(60_000).fill(0) };
  const shortened = await encodeStill({ bytes: await picture(), mimeType: "image/png" }, { format, size: null }, long);
  expect(JSON.parse((await findTrace(new Blob([Uint8Array.from(shortened)])))?.text ?? "{}")).toEqual({ ...asked, losses: [] });
});

test("other pictures, other texts and truncated pictures have no settings", async () => {
  const plain = await picture();
  expect(await findTrace(new Blob([Uint8Array.from(plain)]))).toBeNull();
  expect(await findTrace(new Blob(["not a picture"]))).toBeNull();
  const other = withText(plain, "Comment", "atelier-trace");
  expect(pngText(other, "atelier-trace")).toBeNull();
  expect(pngText(other, "Comment")).toBe("atelier-trace");
  expect(pngText(other.subarray(0, 60), "Comment")).toBeNull();
});

test("an invalid value in a trace is replaced by the default", () => {
  const strange = {
    ...settings,
    alpha: -1,
    steps: 1.5,
    size: 1e9,
    seed: "7",
    optimizer: "SGD",
    styleLayers: [{ layer: "conv1_1", weight: -1 }],
  };
  const { recipe } = traceFromText(
    JSON.stringify({ format: "atelier-trace", version: 1, settings: strange, changes: [null, { settings: 3 }] }),
  );
  for (const name of ["alpha", "steps", "size", "seed", "optimizer", "styleLayers"]) expect(recipe).not.toHaveProperty(name);
  expect(recipe).toMatchObject({ beta: 40 });
});

test("a trace that is damaged or from a newer version is refused with the reason", () => {
  for (const text of ["{", "[]", JSON.stringify({ format: "other", settings }), JSON.stringify({ format: "atelier-trace", version: 1 })]) {
    expect(() => traceFromText(text)).toThrow("The settings in this picture are damaged.");
  }
  expect(() => traceFromText(JSON.stringify({ format: "atelier-trace", version: 3, settings }))).toThrow("newer version");
});
