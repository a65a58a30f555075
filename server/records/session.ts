import type { ErrorCode } from "../errors.js";
import type { Approval, Guarded, Reader, Visibility } from "./access.js";
import type { ImageReference, InForce, Weighted } from "./changes.js";
import type { ConvolutionMethod } from "./convolutions.js";
import type { ModelFamily } from "./model.js";
import type { FrameRecord } from "./pictures.js";
import type { StyleTransferSettings } from "./settings.js";

export const sessionStatuses = ["QUEUED", "RUNNING", "PAUSED", "COMPLETED", "CANCELLED", "FAILED"] as const;
export type SessionStatus = (typeof sessionStatuses)[number];

/** How busy the server is. Times are by the clock of the database. */
export interface SessionLoad {
  /** Numbers of sessions. */
  counts: Record<SessionStatus, number>;
  /** How long the session that waits longest has waited, ms; null when none waits. */
  oldestWaitMs: number | null;
  /** How long a worker has held the session that is held longest, ms; null where none is held by a lease. */
  oldestLeaseMs: number | null;
}

export type SessionKind = "STYLE_TRANSFER" | "TRANSLATION" | "DEEP_DREAM";

/** Why a session failed, or was paused by its host. The message may be shown to clients. */
export interface SessionFailure {
  code: ErrorCode;
  message: string;
}

/** A device that computes a session from a step on: replay is the same to the byte on one kind of device only. */
export interface DeviceUse {
  device: string;
  /** Step of the first picture that is stored from it. It may have begun some steps earlier, from a checkpoint. */
  fromStep: number;
}

/** The devices of a session. One that is older than the record of them has its last device from the start. */
export function devicesOf({ devices, device, step }: Pick<SessionRecordBase, "devices" | "device" | "step">): DeviceUse[] {
  return devices.length === 0 && device !== null && step >= 0 ? [{ device, fromStep: 0 }] : devices;
}

/** The devices of a session when `device` goes on with `fromStep`. */
export function withDevice(devices: readonly DeviceUse[], device: string, fromStep: number): DeviceUse[] {
  const before = devices.filter((use) => use.fromStep < fromStep);
  return before.at(-1)?.device === device ? before : [...before, { device, fromStep }];
}

/** How a client wants a running session to end. */
export type SessionWish = "CANCELLED" | "COMPLETED";

/** What every kind of session has. */
export interface SessionRecordBase {
  id: string;
  title: string | null;
  status: SessionStatus;
  createdAt: Date;
  /** When the session was last queued: at its start, or when it was resumed. */
  queuedAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** Name of the device that runs the session or ran it last. */
  device: string | null;
  /** All its devices, each from its first step to the next one's. Empty for sessions that are older than this record; see `devicesOf`. */
  devices: DeviceUse[];
  error: SessionFailure | null;
  /** Whether people marked the session as one of their best. */
  starred: boolean;
  /** What people wrote about the session; null for nothing. */
  note: string | null;
  /** When the server deletes the session. A session that has such an end is in no list of the API; null for one that lasts. */
  expiresAt: Date | null;
  /** Id of who started it. */
  ownerId: string;
  /** Who may see it besides its owner and admins. */
  visibility: Visibility;
  /** Whether an admin lets them; null where no admin was asked. */
  approval: Approval | null;
  /** How a client wants the session to end while it is RUNNING; null for no such wish. A host that takes it over obeys too. */
  wish: SessionWish | null;
  /** The W3C `traceparent` of the mutation that started it, whose spans its hosts continue; null where nothing was traced. */
  traceparent: string | null;
  /** Last stored step, -1 before the first frame. */
  step: number;
  /**
   * Grows with every change except a new step: of two copies of the record, the one with the higher revision is newer.
   */
  revision: number;
}

/** A style transfer, as stored. `settings` and `styles` are those in force now, with every change. */
export interface StyleTransferRecord extends SessionRecordBase, InForce<StyleTransferSettings, Weighted<ImageReference>[]> {
  kind: "STYLE_TRANSFER";
  contentId: string;
  /** In force at step 0, a branch's at its parent's. With the recorded changes it replays to the same pictures. */
  initial: InForce<StyleTransferSettings, Weighted<ImageReference>[]> & { convolutions?: ConvolutionMethod };
  /** The session that this one was branched from; null when there is none, or it was deleted. */
  parentId: string | null;
  /** The step whose picture the branch began with; null for a session that is not a branch. */
  branchedAtStep: number | null;
}

/** Settings of a translation. */
export interface TranslationSettings {
  /** Id of the model. */
  model: string;
  /** Family of the model, kept so that history can be read when the model is gone. */
  family: ModelFamily;
  /** Longer side of the result, px. */
  size: number;
  /** Name of the lasting output that shows the translation; null for none. */
  output: string | null;
}

/** A translation of one picture, or of live frames, as stored. */
export interface TranslationRecord extends SessionRecordBase {
  kind: "TRANSLATION";
  settings: TranslationSettings;
  /** The picture to translate; null for a live translation, whose frames are sent one by one. */
  sourceId: string | null;
  framesTranslated: number;
  /** Frames that were never translated: a newer one took their place, or their device died. */
  framesDropped: number;
}

/** Whether the session is a live translation. */
export function isLive(session: SessionRecord): session is TranslationRecord {
  return session.kind === "TRANSLATION" && session.sourceId === null;
}

/** A session, as stored; one member for each kind that this server runs. */
export type SessionRecord = StyleTransferRecord | TranslationRecord;

export type SessionOrder = "NEWEST" | "OLDEST";

/** Conditions that a session must meet; a missing one holds for every session. */
export interface SessionFilter {
  kind?: SessionKind;
  status?: readonly SessionStatus[];
  /** Case-insensitive; `%` and `_` have no special meaning. */
  titleContains?: string;
  createdAfter?: Date;
  createdBefore?: Date;
  /** Ids under which sessions may have stored their model. */
  models?: readonly string[];
  /** An image that the session used as its content or source, or as a style at any step. */
  imageId?: string;
  /** An image that the session used as a style at any step. */
  styleImageId?: string;
  /** The lasting output that shows the session. */
  output?: string;
  starred?: boolean;
  /** Whether the session is a live translation. */
  live?: boolean;
  /** Excludes sessions that expire. */
  lasting?: true;
  /** Whose sessions they are. */
  ownerId?: string;
  approval?: Approval;
  /** Excludes what this reader may not see. */
  reader?: Reader;
}

/** How a session must be to be changed. */
export interface SessionCondition {
  /** It has an error: one that is PAUSED with an error was paused by its host. */
  suspended?: boolean;
  /** Nothing but its step has changed since it had this revision. */
  revision?: number;
  /** If it is a style transfer, it is to be at most this large, px. */
  maxSize?: number;
}

/** An event of a session, published on the bus after it was stored. */
export type SessionEvent =
  /** `before`: how it was before a change that may hide it from some; servers of earlier versions never send it. */
  | { type: "changed"; session: SessionRecord; before?: Pick<Guarded, "visibility" | "approval"> }
  | { type: "frame"; frame: FrameRecord; picture: Uint8Array }
  | { type: "deleted"; sessionId: string; ownerId: string; visibility: Visibility; approval: Approval | null };

/** A device that was tried and is not used. */
export interface RefusedDevice {
  name: string;
  /** A sentence for people. */
  reason: string;
}

/** A device that runs sessions, as clients see it. */
export interface DeviceInfo {
  /** cpu, webgpu, cuda:0 */
  name: string;
  engine: string;
  description: string;
  /** Memory of the device's own, bytes; null where it computes in the memory of the machine. */
  memoryBytes: number | null;
  /** Sessions that take turns on the device. */
  sessionIds: string[];
}
