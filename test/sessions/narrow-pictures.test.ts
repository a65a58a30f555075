import { expect, test } from "vitest";
import { fitLongerSide, planScales } from "../../server/records/scales.js";
import { defaultScales } from "../../server/records/settings.js";
import { sizeThatWorks } from "../../server/sessions/narrow-pictures.js";
import { FakeModels } from "../helpers/fake-models.js";
import { randomNumbers } from "../helpers/random.js";

const maxSize = 2048;
const layers = [{ layer: "conv5_1", weight: 1 }];
const model = (await new FakeModels().sessions.find("vgg19"))!;
const settingsAt = (size: number) => ({ size, scales: defaultScales(size, false), steps: 150 });

/** The shorter side of a picture as the painter decodes it at its coarsest scale, px. */
function paintedSide(image: { width: number; height: number }, size: number): number {
  const { scales, steps } = settingsAt(size);
  const { width, height } = fitLongerSide(image, planScales(size, scales, steps, [image])[0]!.size);
  return Math.min(width, height);
}

function sizeFor(image: { width: number; height: number }, size: number, mayGrow: boolean): number {
  return sizeThatWorks([{ field: "input.contentId", image, layers }], model, settingsAt, { size, mayGrow, maxSize });
}

test("the size that is named works, and the one before does not, whatever the shape of the picture", () => {
  const next = randomNumbers(7);
  for (let picture = 0; picture < 400; picture++) {
    const shorter = 20 + Math.floor(200 * (next() + 1));
    const longer = Math.ceil(shorter * (1 + 50 * (next() + 1)));
    const image = picture % 2 === 0 ? { width: longer, height: shorter } : { width: shorter, height: longer };
    const size = sizeFor(image, 32, true);
    expect(paintedSide(image, size), `${longer} x ${shorter} at ${size}`).toBeGreaterThanOrEqual(16);
    expect(sizeFor(image, size, false)).toBe(size);
    if (size === 32) continue;
    expect(paintedSide(image, size - 1), `${longer} x ${shorter} at ${size - 1}`).toBeLessThan(16);
    expect(() => sizeFor(image, size - 1, false)).toThrow(`The smallest size that works is ${size}.`);
  }
});

test("a deep network counts with the scales that it paints", () => {
  const deep = { ...model, layers: [{ name: "conv5_1", minimumSide: 128 }] };
  const uses = [{ field: "input.contentId", image: { width: 400, height: 300 }, layers }];
  const ask = (scales: number) =>
    sizeThatWorks(uses, deep, (size) => ({ size, scales, steps: 150 }), { size: 256, mayGrow: true, maxSize });
  expect([ask(1), ask(2)]).toEqual([256, 339]);
  expect(() => ask(6)).toThrow("Fewer scales or shallower layers need less.");
});
