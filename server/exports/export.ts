import type { ErrorCode } from "../errors.js";
import { limitTable } from "../limits/table.js";

export type FilmFormat = "WEBP" | "GIF" | "MP4" | "WEBM";

export type ExportState = "QUEUED" | "RUNNING" | "COMPLETED" | "CANCELLED" | "FAILED";

/** Media type and file extension of each format. */
export const filmTypes: Record<FilmFormat, { mimeType: string; extension: string }> = {
  WEBP: { mimeType: "image/webp", extension: "webp" },
  GIF: { mimeType: "image/gif", extension: "gif" },
  MP4: { mimeType: "video/mp4", extension: "mp4" },
  WEBM: { mimeType: "video/webm", extension: "webm" },
};

/** Limits and defaults of exports. */
export const exportLimits = {
  framesPerSecond: { min: 1, max: 60, default: 15, integer: false, unit: "frames/s" },
  /** Longer side of each picture, px. */
  size: { min: 32, max: 2048, default: 512, integer: true, unit: "px" },
  frames: { min: 2, max: 1000, default: 150, integer: true, unit: "frames" },
  /** Pixels of all frames of an animated WebP or GIF together: they are in memory at the same time. */
  animatedPixels: 80e6,
  /** Exports that may be QUEUED or RUNNING at a time. */
  open: limitTable.exports.value,
  /** How long a finished export is kept, ms. */
  keptMs: 24 * 3600 * 1000,
} as const;

/** How long a film shows its last picture, ms. */
export const LAST_PICTURE_MS = 1500;

/** Complete settings of a film: a time-lapse of one session, or of two side by side. */
export interface FilmSettings {
  sessionId: string;
  /** The session at the right; null for a film of one session. */
  besideId: string | null;
  format: FilmFormat;
  fromStep: number;
  /** Inclusive; null for the last step. */
  toStep: number | null;
  framesPerSecond: number;
  /** Longer side of each session's picture, px. */
  size: number;
  maxFrames: number;
}

/** An export as clients see it. */
export interface ExportRecord {
  id: string;
  /** Id of who had it made. */
  ownerId: string;
  settings: FilmSettings;
  state: ExportState;
  /** 0..1. */
  progress: number;
  createdAt: Date;
  /** Why the export FAILED, else null. */
  error: { code: ErrorCode; message: string } | null;
  /** Size of the finished file; null before. */
  bytes: number | null;
}

/** Whether an export will not change any more. */
export function hasEnded({ state }: Pick<ExportRecord, "state">): boolean {
  return state !== "QUEUED" && state !== "RUNNING";
}
