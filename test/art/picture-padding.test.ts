import { expect, test } from "vitest";
import type { Planes } from "../../server/art/painter.js";
import { centredRegion, crop, padByReflection } from "../../server/art/picture-padding.js";

/** A picture whose value at (x, y) of channel c is 100 c + 10 y + x. */
function numbered(width: number, height: number): Planes {
  const data = Float32Array.from({ length: 3 * width * height }, (_, i) => {
    const [channel, pixel] = [Math.floor(i / (width * height)), i % (width * height)];
    return 100 * channel + 10 * Math.floor(pixel / width) + (pixel % width);
  });
  return { width, height, data };
}

const row = ({ width, data }: Planes, y: number, channel = 0, height = data.length / 3 / width) =>
  [...data].slice((channel * height + y) * width, (channel * height + y + 1) * width);

test("borders mirror the picture without repeating its edge; each side gets half the width", () => {
  const padded = padByReflection(numbered(4, 3), { width: 9, height: 6 });
  expect(row(padded, 1)).toEqual([2, 1, 0, 1, 2, 3, 2, 1, 0]);
  expect([0, 1, 2, 3, 4, 5].map((y) => row(padded, y)[2])).toEqual([10, 0, 10, 20, 10, 0]);
  expect(row(padded, 1, 2)[2]).toBe(200);
});

test("a border wider than the picture mirrors it several times", () => {
  expect(row(padByReflection(numbered(3, 1), { width: 13, height: 1 }), 0)).toEqual([1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1]);
  const line = padByReflection(numbered(1, 2), { width: 4, height: 5 });
  expect(row(line, 0)).toEqual([10, 10, 10, 10]);
  expect([0, 1, 2, 3, 4].map((y) => row(line, y)[0])).toEqual([10, 0, 10, 0, 10]);
});

test.each([
  [5, 4, 8, 8],
  [1, 1, 32, 16],
  [7, 7, 7, 9],
  [6, 6, 6, 6],
])("cropping the middle of a padded %i x %i picture restores the picture", (width, height, outerWidth, outerHeight) => {
  const picture = numbered(width, height);
  const padded = padByReflection(picture, { width: outerWidth, height: outerHeight });
  expect(padded.data).toHaveLength(3 * outerWidth * outerHeight);
  expect(crop(padded, centredRegion(picture, padded))).toEqual(picture);
});
