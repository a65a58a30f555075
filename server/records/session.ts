import type { ModelCard } from "../models/card.js";
import type { Losses } from "../art/painter.js";
import type { SteeredSettings, StyleTransferSettings } from "./settings.js";
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
  /** When it was lined up last: at its start, and again when it was resumed. */
  queuedAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** Device that runs it or ran it last. */
  device: string | null;
  error: { code: ErrorCode; message: string } | null;
  /** Last stored step, -1 before the first frame. */
  step: number;
  /** Grows with every change but a new step: of two readings the one with the higher revision is the newer one. */
  revision: number;
}

/** A style picture with its share. */
export interface WeightedStyle {
  imageId: string;
  weight: number;
}

/** What may be steered, as it was when a style transfer began, or its parent's when a branch did. */
export interface InitialState {
  settings: StyleTransferSettings;
  styles: WeightedStyle[];
}

/** A style transfer, as stored. */
export interface StyleTransferRecord extends SessionRecordBase {
  kind: "STYLE_TRANSFER";
  /** As they are now, with every change. */
  settings: StyleTransferSettings;
  contentId: string;
  /** As they are now, with every change. */
  styles: WeightedStyle[];
  /** Of step 0: with the recorded changes it replays to the same pictures. */
  initial: InitialState;
  /** The session that this one was branched from; null for none, or when that one was deleted. */
  parentId: string | null;
  /** The step whose picture it began with; null when it is no branch. */
  branchedAtStep: number | null;
}

/** What a client changes while a style transfer lasts; what is left out stays as it is. */
export interface SteeringChange {
  settings: SteeredSettings;
  /** In place of all styles before; null to leave them. */
  styles: WeightedStyle[] | null;
}

/** A change whose step is known before the session begins. */
export interface PlannedChange extends SteeringChange {
  step: number;
}

/** A change that was accepted. */
export interface RecordedChange extends SteeringChange {
  /** Changes of a session in the order in which they were accepted. */
  ordinal: number;
  /** The first picture that is evaluated with it; null while the device has yet to reach one. */
  step: number | null;
  createdAt: Date;
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
  /** Id of the network. */
  model?: string;
  /** An image that it was painted from: content, source, or a style at the beginning, now or by a change between. */
  imageId?: string;
  /** A style, as above. */
  styleImageId?: string;
}

/** What happens in a session, as it travels over the bus after it was stored. */
export type SessionEvent =
  | { type: "changed"; session: SessionRecord }
  | { type: "frame"; frame: FrameRecord; picture: Uint8Array }
  | { type: "deleted"; sessionId: string };
