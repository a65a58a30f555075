import type { Visibility } from "./access.js";

/** Largest step of a frame or change: the largest Int of GraphQL and of the database. */
export const MAX_STEP = 2 ** 31 - 1;

/** What the number of a step may be. */
export const anyStep = { min: 0, max: MAX_STEP, integer: true } as const;

/** An uploaded picture. Its bytes are in the blob store under `digest`, as they were uploaded. */
export interface ImageRecord {
  id: string;
  /** Lower-case hex SHA-256 of the bytes. */
  digest: string;
  /** Pixels, after EXIF orientation. */
  width: number;
  height: number;
  mimeType: string;
  byteLength: number;
  createdAt: Date;
  /** When the server deletes the picture, unless a session uses it; null for one that lasts. */
  expiresAt: Date | null;
  /** Id of who uploaded or kept it. */
  ownerId: string;
  /**
   * Who may see it by its id besides its owner, admins, and those who see a painting that uses it: nobody, everyone with a
   * role, or everyone.
   */
  visibility: Visibility;
}

/**
 * Widths of thumbnails, px: smaller copies of a picture for screens. There are few, so that a picture has few copies
 * and viewers share them.
 */
export const thumbnailWidths = [64, 128, 256, 512, 1024, 2048] as const;
export type ThumbnailWidth = (typeof thumbnailWidths)[number];

/** Losses of one picture. All but `total` are unweighted: total = alpha * content + beta * style + gamma * tv. */
export interface Losses {
  total: number;
  content: number;
  style: number;
  tv: number;
  layers: { layer: string; term: "CONTENT" | "STYLE"; value: number }[];
}

/** A kept frame. Its bytes are in the blob store under `digest`. */
export interface FrameRecord {
  sessionId: string;
  step: number;
  /** Lower-case hex SHA-256 of the bytes. */
  digest: string;
  width: number;
  height: number;
  mimeType: string;
  byteLength: number;
  losses: Losses | null;
  /** Time of the step's evaluation and update, without encoding and transport, ms. */
  computeMs: number;
  createdAt: Date;
}
