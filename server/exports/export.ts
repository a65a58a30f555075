import type { ErrorCode } from "../errors.js";

export const filmFormats = ["WEBP", "GIF", "MP4", "WEBM"] as const;
export type FilmFormat = (typeof filmFormats)[number];

export const exportStates = ["QUEUED", "RUNNING", "COMPLETED", "CANCELLED", "FAILED"] as const;
export type ExportState = (typeof exportStates)[number];

/** Media type and file ending of each kind of film. */
export const filmTypes: Record<FilmFormat, { mimeType: string; ending: string }> = {
  WEBP: { mimeType: "image/webp", ending: "webp" },
  GIF: { mimeType: "image/gif", ending: "gif" },
  MP4: { mimeType: "video/mp4", ending: "mp4" },
  WEBM: { mimeType: "video/webm", ending: "webm" },
};

/** The only place where limits and defaults of exports stand. */
export const exportLimits = {
  framesPerSecond: { min: 1, max: 60, default: 15 },
  /** Longer side of each picture, px. */
  size: { min: 32, max: 2048, default: 512 },
  frames: { min: 2, max: 1000, default: 150 },
  /** Pixels of all frames of an animated WebP or GIF together, which are held in memory at once. */
  animatedPixels: 80e6,
  /** Exports that wait or run at a time. */
  open: 20,
  /** How long a finished one is kept, ms. */
  keptMs: 24 * 3600 * 1000,
} as const;

/** How long a film stands at its last picture, ms. */
export const LAST_PICTURE_MS = 1500;

/** What is to be made: a time-lapse of a session, or of two beside each other. */
export interface FilmOrder {
  sessionId: string;
  besideId: string | null;
  format: FilmFormat;
  fromStep: number;
  toStep: number | null;
  framesPerSecond: number;
  /** Longer side of each session's picture, px. */
  size: number;
  maxFrames: number;
}

/** An export as clients see it. */
export interface ExportRecord {
  id: string;
  order: FilmOrder;
  state: ExportState;
  /** 0..1. */
  progress: number;
  createdAt: Date;
  error: { code: ErrorCode; message: string } | null;
  /** Of the finished file; null before. */
  bytes: number | null;
}
