/** What a picture must be to be uploaded; those of GraphQL stand in api/limits.ts, those of settings in art/settings.ts. */
export const pictureLimits = {
  maxUploadBytes: 25_000_000,
  maxImagePixels: 50_000_000,
  /** Of either side, px: the deepest layer of VGG-19 still sees one value. */
  minImageSide: 16,
} as const;

/** Sessions that may wait for a device at a time. */
export const MAX_QUEUED_SESSIONS = 1000;

/** Changes that may be recorded of one session: one for each step and more. */
export const MAX_CHANGES = 5000;

/** Memory of the device process beside the picture, and for each of its pixels, bytes; measured with VGG-19 to conv5_1 at 512, 1024 and 2048 px. */
const deviceMemory = { base: 0.6e9, perPixel: 4400 };

/** Share of the machine's memory that a painting may take; the rest is the server's and other programs'. */
const MEMORY_SHARE = 0.8;

/** Longest side of a painting (px, a multiple of 64) that a machine with `memoryBytes` can paint, at most `largest`. */
export function maxPaintingSize(memoryBytes: number, largest: number): number {
  const pixels = Math.max(0, MEMORY_SHARE * memoryBytes - deviceMemory.base) / deviceMemory.perPixel;
  return Math.min(largest, Math.max(64, Math.floor(Math.sqrt(pixels) / 64) * 64));
}
