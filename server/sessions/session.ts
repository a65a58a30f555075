import type { ModelCard } from "../../models/card.js";
import type { Losses } from "../art/painter.js";
import type { StyleTransferSettings } from "../art/settings.js";
import type { ErrorCode } from "../errors.js";

export const sessionStatuses = ["QUEUED", "RUNNING", "PAUSED", "COMPLETED", "CANCELLED", "FAILED"] as const;
export type SessionStatus = (typeof sessionStatuses)[number];

export const sessionKinds = ["STYLE_TRANSFER", "TRANSLATION", "DEEP_DREAM"] as const;
export type SessionKind = (typeof sessionKinds)[number];

/** A picture that somebody uploaded. Its bytes lie in the blob store under `digest`, as they came. */
export interface ImageRecord {
  id: string;
  /** Lower-case hex SHA-256 of the bytes. */
  digest: string;
  /** Pixels, after EXIF orientation. */
  width: number;
  height: number;
  mimeType: string;
  bytes: number;
  createdAt: Date;
}

/** What every kind of session has. */
export interface SessionRecordBase {
  id: string;
  title: string | null;
  status: SessionStatus;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** Device that runs it or ran it last. */
  device: string | null;
  error: { code: ErrorCode; message: string } | null;
  /** Last stored step, -1 before the first frame. */
  step: number;
}

/** A style transfer, as stored. */
export interface StyleTransferRecord extends SessionRecordBase {
  kind: "STYLE_TRANSFER";
  settings: StyleTransferSettings;
  contentId: string;
  styles: { imageId: string; weight: number }[];
}

/** What a translation was asked for. */
export interface TranslationSettings {
  /** Id of the model. */
  model: string;
  /** The model's, kept so that history can tell what it was when the model has gone. */
  family: ModelCard["family"];
  /** Longer side of the result, px. */
  size: number;
}

/** A translation of one picture into another, as stored. */
export interface TranslationRecord extends SessionRecordBase {
  kind: "TRANSLATION";
  settings: TranslationSettings;
  /** The picture to translate; null where frames are sent one by one. */
  sourceId: string | null;
  framesTranslated: number;
  /** Frames that were sent and never translated, since a newer one took their place. */
  framesDropped: number;
}

/** Whether its frames are sent one by one. */
export function isLive(session: SessionRecord): session is TranslationRecord {
  return session.kind === "TRANSLATION" && session.sourceId === null;
}

/** A session, as stored; one member for each kind that this server runs. */
export type SessionRecord = StyleTransferRecord | TranslationRecord;

/** A kept frame. Its bytes lie in the blob store under `digest`. */
export interface FrameRecord {
  sessionId: string;
  step: number;
  digest: string;
  width: number;
  height: number;
  mimeType: string;
  bytes: number;
  losses: Losses | null;
  computeMs: number;
  createdAt: Date;
}

export interface SessionFilter {
  kind?: SessionKind;
  status?: readonly SessionStatus[];
  /** Case-insensitive; `%` and `_` mean themselves. */
  titleContains?: string;
  createdAfter?: Date;
  createdBefore?: Date;
}

/** What happens in a session, as it travels over the bus after it was stored. */
export type SessionEvent =
  | { type: "changed"; session: SessionRecord }
  | { type: "frame"; frame: FrameRecord; picture: Uint8Array }
  | { type: "deleted"; sessionId: string };
