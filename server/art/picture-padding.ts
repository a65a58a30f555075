import type { PictureSize } from "../records/scales.js";
import type { Planes } from "./painter.js";

/** A rectangle within a picture: its size and its distance from the left and top edges, px. */
export interface PictureRegion extends PictureSize {
  left: number;
  top: number;
}

/**
 * The region of a picture of size `inner` in the middle of one of size `outer`. Odd borders are wider right and below.
 */
export function centredRegion(inner: PictureSize, outer: PictureSize): PictureRegion {
  const before = (small: number, large: number) => Math.floor((large - small) / 2);
  return { ...inner, left: before(inner.width, outer.width), top: before(inner.height, outer.height) };
}

/**
 * Extends `planes` (3 x H x W) on all sides to `size`, which must be no smaller. The border mirrors the picture without
 * repeating the edge itself, several times where it is wider than the picture. A side of one pixel is repeated.
 */
export function padByReflection(planes: Planes, size: PictureSize): Planes {
  const { width, height, left, top } = centredRegion(planes, size);
  if (width === size.width && height === size.height) return planes;
  const columns = mirroredPositions(width, size.width, left);
  const data = new Float32Array(3 * size.width * size.height);
  for (let channel = 0, to = 0; channel < 3; channel++) {
    for (let y = 0; y < size.height; y++) {
      const row = (channel * height + mirrored(y - top, height)) * width;
      for (let x = 0; x < size.width; x++, to++) data[to] = planes.data[row + columns[x]!]!;
    }
  }
  return { ...size, data };
}

/** Cuts a region out of `planes`. Returns `planes` itself for the whole picture. */
export function crop(planes: Planes, { width, height, left, top }: PictureRegion): Planes {
  if (width === planes.width && height === planes.height) return planes;
  const data = new Float32Array(3 * width * height);
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < height; y++) {
      const from = (channel * planes.height + top + y) * planes.width + left;
      data.set(planes.data.subarray(from, from + width), (channel * height + y) * width);
    }
  }
  return { width, height, data };
}

/**
 * For each position along a padded side of `outer` px, the position along the side of `inner` px that it repeats; the
 * picture begins at position `before`.
 */
export function mirroredPositions(inner: number, outer: number, before: number): Int32Array {
  return Int32Array.from({ length: outer }, (_, position) => mirrored(position - before, inner));
}

/** Reflects `position` at 0 and at `length` - 1 until it lies between them. */
function mirrored(position: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const phase = ((position % period) + period) % period;
  return phase < length ? phase : period - phase;
}
