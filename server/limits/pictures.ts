import { type LimitValues, limitValues } from "./table.js";

/** Limits of uploaded pictures. */
export interface PictureLimits {
  maxUploadBytes: number;
  maxImagePixels: number;
  /** A JPEG is shrunk while it is loaded. */
  maxJpegPixels: number;
  /** Shortest side, px: at 16 px the deepest layer of VGG-19 still has one value. */
  minImageSide: number;
}

export function pictureLimitsOf({ uploadBytes, pixels, jpegPixels }: LimitValues): PictureLimits {
  return { maxUploadBytes: uploadBytes, maxImagePixels: pixels, maxJpegPixels: jpegPixels, minImageSide: 16 };
}

export const pictureLimits = pictureLimitsOf(limitValues());

/**
 * Memory of the device process, bytes: a fixed part, and a part for each pixel of the picture. An upper bound for one
 * painting in a fresh process, measured with VGG-19 up to conv5_1 by Winograd's method at 512, 1024 and 2048 px (1.6, 5.1
 * and 15.8 GB). A process that has painted other sizes before holds up to 0.8 GB more.
 */
const deviceMemory = { base: 0.6e9, perPixel: 4400 };

/** Share of the machine's memory that a painting may use; the rest is for the server and other programs. */
const MEMORY_SHARE = 0.8;

/** Longest side of a painting (px, a multiple of 64) that a machine with `memoryBytes` can paint, at most `largest`. */
export function maxPaintingSize(memoryBytes: number, largest: number): number {
  const pixels = Math.max(0, MEMORY_SHARE * memoryBytes - deviceMemory.base) / deviceMemory.perPixel;
  return Math.min(largest, Math.max(64, Math.floor(Math.sqrt(pixels) / 64) * 64));
}
