import type { Change, ChangeAtStep, RecordedChange } from "../records/changes.js";
import type { FrameRecord, ImageRecord } from "../records/pictures.js";
import type { SessionFilter, SessionRecord, SessionStatus, StyleTransferRecord, TranslationRecord } from "../records/session.js";

/** One page of rows: `after` is the key of the last row of the page before, `null` for the first page. */
export interface PageRequest<Key> {
  first: number;
  after: Key | null;
}

export interface Page<Row> {
  rows: Row[];
  hasNextPage: boolean;
  /** Rows that match, over all pages. */
  totalCount: number;
}

/** Steps from `fromStep` to `toStep`, both included; without a bound where one is left out. */
export interface StepRange {
  fromStep?: number;
  toStep?: number;
}

/** Uploaded pictures. */
export interface ImageStore {
  insert(image: ImageRecord): Promise<void>;
  find(id: string): Promise<ImageRecord | null>;
  /** Newest first; the key of an image is its id. @throws AtelierError BAD_INPUT (field `after`) when there is no such image. */
  list(page: PageRequest<string>): Promise<Page<ImageRecord>>;
  /** Removes an image that no session uses; answers its digest, or null where nothing was removed. */
  delete(id: string): Promise<string | null>;
  /** The one uploaded last with these bytes. */
  findByDigest(digest: string): Promise<ImageRecord | null>;
}

/** What of a session may change after it was created. */
export type SessionPatch = Partial<
  Pick<SessionRecord, "title" | "status" | "queuedAt" | "startedAt" | "finishedAt" | "device" | "error"> &
    Pick<StyleTransferRecord, "settings"> &
    Pick<TranslationRecord, "framesTranslated" | "framesDropped">
>;

/** Sessions. */
export interface SessionStore {
  /** With changes that it will follow, in their order, in one transaction. */
  insert(session: SessionRecord, changes?: readonly ChangeAtStep[]): Promise<void>;
  find(id: string): Promise<SessionRecord | null>;
  /** Changes a session only while its status is one of `from`; answers it as it is now, or null when it was not changed. */
  update(id: string, patch: SessionPatch, from?: readonly SessionStatus[]): Promise<SessionRecord | null>;
  /** Newest first; the key of a session is its id. @throws AtelierError BAD_INPUT (field `after`) when that session never existed here. */
  list(page: PageRequest<string>, filter: SessionFilter): Promise<Page<SessionRecord>>;
  /** Removes the session, its changes and the rows of its frames; answers the digests that no kept frame or image uses any more. */
  delete(id: string): Promise<string[]>;
  /**
   * Inserts a branch together with what it shares with its parent, in one transaction: the frames through
   * `branchedAtStep` (their rows; the pictures are shared) and the changes that were in force by then, in their order. A
   * `change` of its own, which the settings hold already, is recorded with that step. The parent's revision grows. False when the parent is gone or does
   * not keep that frame.
   */
  insertBranch(branch: StyleTransferRecord, change: Change | null): Promise<boolean>;
  /** Those branched from a session, oldest first. */
  branches(id: string): Promise<StyleTransferRecord[]>;
}

/** Accepted changes of style transfers. */
export interface ChangeStore {
  /**
   * Merges a change into a session's settings and records it, waiting for its step, in one transaction; answers the
   * session as it is now, or null when its status is none of `from`.
   */
  add(sessionId: string, change: Change, from: readonly SessionStatus[]): Promise<StyleTransferRecord | null>;
  /** In the order in which they were accepted. */
  list(sessionId: string): Promise<RecordedChange[]>;
  /**
   * Says at which step a change that waits came into force; without an ordinal, all of the session's that wait. Answers the
   * session as it is now, or null when none waited.
   */
  settle(sessionId: string, step: number, ordinal?: number): Promise<StyleTransferRecord | null>;
}

/** Kept frames, by session and step. */
export interface FrameStore {
  /** Stores a frame and makes it the session's latest step, in one transaction; false when that step is stored already or the session is gone. */
  insert(frame: FrameRecord): Promise<boolean>;
  find(sessionId: string, step: number): Promise<FrameRecord | null>;
  latest(sessionId: string): Promise<FrameRecord | null>;
  /** Oldest first, steps within `fromStep`..`toStep` inclusive; the key of a frame is its step. */
  list(sessionId: string, page: PageRequest<number>, range: StepRange): Promise<Page<FrameRecord>>;
  /**
   * The loss curve thinned to at most `points` frames with its extremes kept, the first and last of the range always among
   * them; frames without losses are left out. @throws AtelierError BAD_INPUT (field `points`) below 2.
   */
  losses(sessionId: string, range: StepRange, points: number): Promise<Pick<FrameRecord, "step" | "losses">[]>;
  /** Over the frames of all sessions. */
  totals(): Promise<{ count: number; bytes: number }>;
  /**
   * Removes frames of a session evenly until at most `bytes` are left: all whose step is no multiple of the smallest power
   * of two that is enough. The first and the last frame, branching points and steered steps always stay. Answers the
   * digests that no kept frame or image uses any more.
   */
  thin(sessionId: string, bytes: number): Promise<string[]>;
  /** Bytes of a session's kept frames. */
  bytesOf(sessionId: string): Promise<number>;
  /** The session that keeps the most bytes of frames; null when there are none. */
  largest(): Promise<{ sessionId: string; bytes: number } | null>;
}

/** Frames of one live translation that are kept. */
export const RECENT_FRAMES = 64;

/**
 * The newest frames of live translations, a ring of `RECENT_FRAMES` for each session: too many and too fleeting for the
 * other stores. They do not outlive the server.
 */
export interface RecentFrameStore {
  /** Keeps a frame and forgets the oldest one beyond the ring's size. Steps of a session must grow. */
  put(frame: FrameRecord, picture: Uint8Array): Promise<void>;
  find(sessionId: string, step: number): Promise<FrameRecord | null>;
  latest(sessionId: string): Promise<FrameRecord | null>;
  /** As that of the kept frames. */
  list(sessionId: string, page: PageRequest<number>, range: StepRange): Promise<Page<FrameRecord>>;
  /** The encoded picture of a frame; null when it has fallen out of the ring. */
  picture(sessionId: string, step: number): Promise<Uint8Array | null>;
  /** Forgets all frames of a session. */
  clear(sessionId: string): Promise<void>;
}

/** Bytes under the lower-case hex SHA-256 of what they are: written once, never changed. */
export interface BlobStore {
  /** Answers the digest; durable (flushed to disk) when it resolves. @throws AtelierError UNAVAILABLE when the disk is full. */
  put(bytes: Uint8Array): Promise<string>;
  /** @throws AtelierError NOT_FOUND */
  get(digest: string): Promise<Uint8Array>;
  /** Deletes the bytes unless a row refers to them; bytes that were put a moment ago go later, their row may be on its way. */
  delete(digest: string): Promise<void>;
}

/** Checkpoints of sessions: what is needed to paint a step again and go on from it. */
export interface CheckpointStore {
  /**
   * Adds a checkpoint atomically; `step` is the last step painted when it was taken. Beyond the room of one session, those
   * between are thinned evenly; the newest two always stay.
   */
  put(sessionId: string, step: number, bytes: Uint8Array): Promise<void>;
  /** The newest undamaged one of at most `throughStep`. */
  get(sessionId: string, throughStep: number): Promise<{ step: number; bytes: Uint8Array } | null>;
  /** Gives another session the newest one of at most `throughStep`, sharing its bytes where the disk can. */
  share(fromSessionId: string, toSessionId: string, throughStep: number): Promise<void>;
  delete(sessionId: string): Promise<void>;
  /** Forgets those of the sessions that were checkpointed longest ago until all together take at most `bytes`. */
  trim(bytes: number): Promise<void>;
}

/** Everything that outlives the process. */
export interface Storage {
  readonly images: ImageStore;
  readonly sessions: SessionStore;
  readonly changes: ChangeStore;
  readonly frames: FrameStore;
  readonly recentFrames: RecentFrameStore;
  readonly blobs: BlobStore;
  readonly checkpoints: CheckpointStore;
  close(): Promise<void>;
}
