import { expect, test } from "vitest";
import { colourStatistics, matchColours } from "../../server/art/colours.js";
import type { Planes } from "../../server/art/painter.js";
import { seededRandom } from "../../server/art/starting-picture.js";

/** Correlated colours around `mean`. */
function picture(mean: readonly number[], mix: number, seed: number): Planes {
  const random = seededRandom(seed);
  const area = 64 * 48;
  const data = new Float32Array(3 * area);
  for (let pixel = 0; pixel < area; pixel++) {
    const shared = random() - 0.5;
    for (let channel = 0; channel < 3; channel++) {
      data[channel * area + pixel] = mean[channel]! + 0.2 * (mix * shared + (1 - mix) * (random() - 0.5));
    }
  }
  return { width: 64, height: 48, data };
}

test("the style takes the content's mean colour and covariance", () => {
  const style = picture([0.7, 0.4, 0.3], 0.2, 1);
  const content = picture([0.4, 0.5, 0.6], 0.7, 2);
  const matched = colourStatistics(matchColours(style, content));
  const wanted = colourStatistics(content);
  for (const channel of [0, 1, 2]) {
    expect(matched.mean[channel]).toBeCloseTo(wanted.mean[channel]!, 4);
    for (const other of [0, 1, 2]) expect(matched.covariance[channel]![other]).toBeCloseTo(wanted.covariance[channel]![other]!, 4);
  }
});

test("a picture without colour variation gives finite values", () => {
  const flat: Planes = { width: 8, height: 8, data: new Float32Array(192).fill(0.5) };
  expect(matchColours(flat, picture([0.4, 0.5, 0.6], 0.5, 3)).data.every(Number.isFinite)).toBe(true);
});
