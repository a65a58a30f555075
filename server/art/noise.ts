import type { Planes } from "./painter.js";
import type { PictureSize } from "./scales.js";

/** Uniform numbers in 0..1 that depend on the seed alone: the mulberry32 generator (T. Ettinger, public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** White noise, uniform in 0..1: the starting image of Gatys et al. 2016. The same seed and size give the same picture. */
export function noisePicture(size: PictureSize, seed: number): Planes {
  const random = seededRandom(seed);
  return { ...size, data: Float32Array.from({ length: 3 * size.width * size.height }, random) };
}
