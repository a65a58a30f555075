import type { ErrorCode } from "../errors.js";

export type FilmFormat = "WEBP" | "GIF" | "MP4" | "WEBM";

export type ExportState = "QUEUED" | "RUNNING" | "COMPLETED" | "CANCELLED" | "FAILED";

/** Media type and file extension of each format. */
export const filmTypes: Record<FilmFormat, { mimeType: string; extension: string }> = {
  WEBP: { mimeType: "image/webp", extension: "webp" },
  GIF: { mimeType: "image/gif", extension: "gif" },
  MP4: { mimeType: "video/mp4", extension: "mp4" },
  WEBM: { mimeType: "video/webm", extension: "webm" },
};

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

/** Ids of the sessions that a film shows. */
export function sessionsOf({ sessionId, besideId }: Pick<FilmSettings, "sessionId" | "besideId">): string[] {
  return besideId === null ? [sessionId] : [sessionId, besideId];
}

/** Why an export FAILED. */
export interface ExportFailure {
  code: ErrorCode;
  message: string;
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
  error: ExportFailure | null;
  /** Size of the finished file; null before. */
  bytes: number | null;
}

/** Whether an export will not change any more. */
export function hasEnded({ state }: Pick<ExportRecord, "state">): boolean {
  return state !== "QUEUED" && state !== "RUNNING";
}
