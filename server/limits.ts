/** Limits of uploaded pictures. Those of GraphQL are in api/limits.ts, those of settings in records/settings.ts. */
export const pictureLimits = {
  /** A photo of 200 megapixels as phones take them. */
  maxUploadBytes: 80_000_000,
  /** A photo of 50 megapixels, 8192 x 6144, in any format. */
  maxImagePixels: 60_000_000,
  /** A photo of 200 megapixels, 16384 x 12288: a JPEG is shrunk while it is loaded. */
  maxJpegPixels: 210_000_000,
  /** Shortest side, px: at 16 px the deepest layer of VGG-19 still has one value. */
  minImageSide: 16,
} as const;

/** Sessions that may wait for a device at a time. */
export const MAX_QUEUED_SESSIONS = 1000;

/** Changes of settings that may be recorded for one session: one for each step of the longest painting. */
export const MAX_CHANGES = 5000;

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
