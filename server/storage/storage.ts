import type { FrameRecord, ImageRecord, SessionFilter, SessionRecord, SessionStatus, TranslationRecord } from "../sessions/session.js";

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

/** Uploaded pictures. */
export interface ImageStore {
  insert(image: ImageRecord): Promise<void>;
  find(id: string): Promise<ImageRecord | null>;
}

/** What of a session may change after it was created. */
export type SessionPatch = Partial<
  Pick<SessionRecord, "title" | "status" | "startedAt" | "finishedAt" | "device" | "error"> &
    Pick<TranslationRecord, "framesTranslated" | "framesDropped">
>;

/** Sessions. */
export interface SessionStore {
  insert(session: SessionRecord): Promise<void>;
  find(id: string): Promise<SessionRecord | null>;
  /** Changes a session only while its status is one of `from`; answers it as it is now, or null when it was not changed. */
  update(id: string, patch: SessionPatch, from?: readonly SessionStatus[]): Promise<SessionRecord | null>;
  /** Newest first; the key of a session is its id. @throws AtelierError BAD_INPUT (field `after`) when that session never existed here. */
  list(page: PageRequest<string>, filter: SessionFilter): Promise<Page<SessionRecord>>;
  /** Removes the session and the rows of its frames; answers the digests that no kept frame or image uses any more. */
  delete(id: string): Promise<string[]>;
}

/** Kept frames, by session and step. */
export interface FrameStore {
  /** Stores a frame and makes it the session's latest step, in one transaction; false when that step is stored already or the session is gone. */
  insert(frame: FrameRecord): Promise<boolean>;
  find(sessionId: string, step: number): Promise<FrameRecord | null>;
  latest(sessionId: string): Promise<FrameRecord | null>;
  /** Oldest first, steps within `fromStep`..`toStep` inclusive; the key of a frame is its step. */
  list(sessionId: string, page: PageRequest<number>, range: { fromStep?: number; toStep?: number }): Promise<Page<FrameRecord>>;
  /**
   * The loss curve thinned evenly to at most `points` frames, the first and last of the range always among them; frames
   * without losses are left out. @throws AtelierError BAD_INPUT (field `points`) below 2.
   */
  losses(sessionId: string, range: { fromStep?: number; toStep?: number }, points: number): Promise<Pick<FrameRecord, "step" | "losses">[]>;
  /** Over the frames of all sessions. */
  totals(): Promise<{ count: number; bytes: number }>;
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
  list(sessionId: string, page: PageRequest<number>, range: { fromStep?: number; toStep?: number }): Promise<Page<FrameRecord>>;
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

/** The newest checkpoint of each running session. */
export interface CheckpointStore {
  /** Replaces the session's checkpoint atomically. `step` is the last step painted when it was taken. */
  put(sessionId: string, step: number, bytes: Uint8Array): Promise<void>;
  get(sessionId: string): Promise<{ step: number; bytes: Uint8Array } | null>;
  delete(sessionId: string): Promise<void>;
}

/** Everything that outlives the process. */
export interface Storage {
  readonly images: ImageStore;
  readonly sessions: SessionStore;
  readonly frames: FrameStore;
  readonly recentFrames: RecentFrameStore;
  readonly blobs: BlobStore;
  readonly checkpoints: CheckpointStore;
  close(): Promise<void>;
}
