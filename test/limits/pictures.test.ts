import { expect, test } from "vitest";
import { maxPaintingSize } from "../../server/limits/pictures.js";

test("the largest painting grows with the memory in steps of 64 px, up to the allowed size", () => {
  const sizes = [1, 2, 4, 8, 16, 32, 64].map((gigabytes) => maxPaintingSize(gigabytes * 1e9, 2048));
  expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
  expect(sizes.every((size) => size % 64 === 0 && size >= 64)).toBe(true);
  expect(sizes[0]).toBeLessThan(512);
  expect(sizes.at(-1)).toBe(2048);
});
