/** Limits and defaults of exports. */
export const exportLimits = {
  framesPerSecond: { min: 1, max: 60, default: 15, integer: false, unit: "frames/s" },
  /** Longer side of each picture, px. */
  size: { min: 32, max: 2048, default: 512, integer: true, unit: "px" },
  frames: { min: 2, max: 1000, default: 150, integer: true, unit: "frames" },
  /** Pixels of all frames of an animated WebP or GIF together: they are in memory at the same time. */
  animatedPixels: 80e6,
  /** How long a finished export is kept, ms. */
  keptMs: 24 * 3600 * 1000,
} as const;

/** How long a film shows its last picture, ms. */
export const LAST_PICTURE_MS = 1500;
