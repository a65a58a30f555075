import type { Planes } from "./painter.js";
import type { PictureSize } from "./scales.js";

/** A part of a larger picture: its size and how far from the left and top edges it lies, px. */
export interface PicturePlace extends PictureSize {
  left: number;
  top: number;
}

/** Where a picture of `inner` lies in the middle of one of `outer`. */
export function centred(inner: PictureSize, outer: PictureSize): PicturePlace {
  const before = (small: number, large: number) => Math.floor((large - small) / 2);
  return { ...inner, left: before(inner.width, outer.width), top: before(inner.height, outer.height) };
}

/**
 * `planes` in the middle of a picture of `size`, mirrored at its edges (the edge itself once), over and over where the
 * border is wider than the picture. A side of one pixel is repeated.
 */
export function padByReflection(planes: Planes, size: PictureSize): Planes {
  const { width, height, left, top } = centred(planes, size);
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

/** The part of `planes` at `place`. */
export function crop(planes: Planes, { width, height, left, top }: PicturePlace): Planes {
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

/** For each pixel of a row of `outer`, where it comes from in one of `inner` that lies mirrored in its middle, px. */
export function mirroredPositions(inner: number, outer: number, before: number): Int32Array {
  return Int32Array.from({ length: outer }, (_, position) => mirrored(position - before, inner));
}

/** The position within 0..length-1 that `position` falls on in a hall of mirrors at both ends. */
function mirrored(position: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const phase = ((position % period) + period) % period;
  return phase < length ? phase : period - phase;
}
