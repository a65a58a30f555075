import type { PictureSize } from "../records/scales.js";
import { matchColours } from "./colours.js";
import type { Planes } from "./painter.js";
import { decodePlanes } from "./picture.js";
import type { StyleTransferWork } from "./work.js";

/**
 * Image 0 of a style transfer, `longerSide` px on its longer side: the content, the first style cropped to the
 * content's shape, or seeded noise. Gatys et al. 2016 start from white noise.
 * @throws AtelierError BAD_INPUT when a picture cannot be decoded.
 */
export async function startingPicture({ settings, content, styles }: StyleTransferWork, longerSide: number): Promise<Planes> {
  const contentPicture = await decodePlanes(content.bytes, { longerSide });
  const size: PictureSize = { width: contentPicture.width, height: contentPicture.height };
  const pictures = {
    CONTENT: () => contentPicture,
    STYLE: async () => {
      const stylePicture = await decodePlanes(styles[0]!.bytes, size);
      return settings.preserveColors ? matchColours(stylePicture, contentPicture) : stylePicture;
    },
    NOISE: () => noisePicture(size, settings.seed),
  };
  return pictures[settings.initialImage]();
}

/** White noise, uniform in 0..1. The same seed and size give the same picture. */
export function noisePicture(size: PictureSize, seed: number): Planes {
  const random = seededRandom(seed);
  return { ...size, data: Float32Array.from({ length: 3 * size.width * size.height }, random) };
}

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
