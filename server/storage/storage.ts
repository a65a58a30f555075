import type { Approval, Reader, Visibility } from "../records/access.js";
import type { Change, ChangeAtStep, RecordedChange } from "../records/changes.js";
import type { Claim } from "../records/claim.js";
import type { FrameRecord, ImageRecord, ThumbnailWidth } from "../records/pictures.js";
import type {
  SessionCondition,
  SessionFilter,
  SessionLoad,
  SessionOrder,
  SessionRecord,
  SessionStatus,
  StyleTransferRecord,
  TranslationRecord,
} from "../records/session.js";
import type { AccessStore } from "./access.js";
import type { FilmStore } from "./films.js";

/** A request for one page of rows: `after` is the key of the last row of the page before, null for the first page. */
export interface PageRequest<Key> {
  first: number;
  after: Key | null;
}

export interface Page<Row> {
  rows: Row[];
  hasNextPage: boolean;
}

/** Steps from `fromStep` to `toStep`, both included; a missing one sets no bound. */
export interface StepRange {
  fromStep?: number;
  toStep?: number;
}

/** How old an image must be: it expired by an instant, or its owner last uploaded it by one. */
export interface ImageAge {
  expiredBy?: Date;
  uploadedBy?: Date;
}

/** Uploaded pictures. What is read for a reader leaves out what that reader may not see; null sees everything. */
export interface ImageStore {
  /**
   * Stores an image, unless its owner has one with the same bytes. Returns the image that is there now: bytes that an
   * owner inserts again, even several times at once, stay one image with its time of creation. It expires when the last of
   * them does, or not at all, and was last uploaded when they were.
   */
  insert(image: ImageRecord): Promise<ImageRecord>;
  find(id: string, reader?: Reader | null): Promise<ImageRecord | null>;
  /** The images among `ids` that exist, by id. */
  findAll(ids: readonly string[], reader?: Reader | null): Promise<Map<string, ImageRecord>>;
  /**
   * Images that do not expire, newest first, with `ownerId` those of one owner; the key of an image is its id.
   * @throws AtelierError BAD_INPUT (field `after`) when there is no such image.
   */
  list(page: PageRequest<string>, ownerId?: string | null): Promise<Page<ImageRecord>>;
  /** Number of images in the list. */
  count(ownerId?: string | null): Promise<number>;
  /** Size of an owner's images, bytes, those that expire included. */
  byteLengthOf(ownerId: string): Promise<number>;
  /**
   * Deletes an image that no session uses, with `age` only if it is that old. Returns its digest, or null when no image was
   * deleted.
   */
  delete(id: string, age?: ImageAge): Promise<string | null>;
  /** Ids of images that expired by an instant and that no session uses. */
  expired(by: Date): Promise<string[]>;
  /** Ids of images of others than admins that were last uploaded by an instant and that no session uses. */
  outdated(by: Date): Promise<string[]>;
  /** Returns the image as it is now; null when there is none. */
  setVisibility(id: string, visibility: Visibility): Promise<ImageRecord | null>;
  /** The image that was uploaded last with these bytes. */
  findByDigest(digest: string, reader?: Reader | null): Promise<ImageRecord | null>;
}

/** The fields of a session that may change after it was created. */
export type SessionPatch = Partial<
  Pick<
    SessionRecord,
    | "title"
    | "status"
    | "visibility"
    | "queuedAt"
    | "startedAt"
    | "finishedAt"
    | "device"
    | "devices"
    | "error"
    | "starred"
    | "note"
    | "wish"
  > &
    Pick<StyleTransferRecord, "settings" | "initial"> &
    Pick<TranslationRecord, "framesTranslated" | "framesDropped"> & {
      /**
       * REOPENED takes an admin's approval back where the same call gives the session another title or note, or styles, which
       * nobody has approved: others see it again once they are. A session that is PRIVATE waits for nothing until it is
       * shared.
       */
      approval: Approval | null | "REOPENED";
    }
>;

/** What there is when a session is about to be QUEUED: one that is resumed is among those that are kept. */
export interface OpenSessions {
  /** How many wait. */
  queued: number;
  /** How many of one owner wait or run. */
  own: number;
  /** How many of all who came last by one link, users left out, and of programs that use its secret, wait or run. */
  ofLink: number;
  /** How many of one owner are kept, of any status. */
  kept: number;
  /** How many of those that `ofLink` counts are kept, of any status. */
  keptOfLink: number;
}

/** The place that one more session needs to be QUEUED. */
export interface RequiredPlace {
  /** The link whose sessions count too; null for none. */
  linkId: string | null;
  /**
   * Called with what there is when the session is about to be QUEUED, and none of its owner or of the link is until that is
   * stored. What it throws is thrown, and nothing is stored.
   */
  require(open: OpenSessions): void;
}

/** Sessions. What is read for a reader leaves out what that reader may not see; null sees everything. */
export interface SessionStore {
  /**
   * Stores a session with the changes that it will follow, in their order, in one transaction.
   * @throws AtelierError NOT_FOUND when one of its images does not exist.
   */
  insert(session: SessionRecord, changes?: readonly ChangeAtStep[], place?: RequiredPlace): Promise<void>;
  find(id: string, reader?: Reader | null): Promise<SessionRecord | null>;
  /** The sessions among `ids` that exist, by id. */
  findAll(ids: readonly string[], reader?: Reader | null): Promise<Map<string, SessionRecord>>;
  /**
   * Changes a session only while its status is one of `from` and it is as `condition` says. Returns it as it is now, or null
   * when it was not changed.
   */
  update(id: string, patch: SessionPatch, from?: readonly SessionStatus[], condition?: SessionCondition): Promise<SessionRecord | null>;
  /**
   * Queues a PAUSED session again, at the end and without its error or a wish; with `suspended` only one with an error, whose
   * wish it keeps. Returns it as it is now, or null when it was not changed.
   */
  resume(id: string, place?: RequiredPlace, suspended?: boolean): Promise<SessionRecord | null>;
  /**
   * Decides who may see a session, and with it what `approvalOf` returns for the approval that the session has at that moment,
   * so that decisions at once come one after the other. Returns the session as it is now; null when there is none.
   */
  setVisibility(
    id: string,
    visibility: Visibility,
    approvalOf: (approval: Approval | null) => Approval | null,
  ): Promise<SessionRecord | null>;
  /** Ids of sessions that expired by an instant. */
  expired(by: Date): Promise<string[]>;
  /**
   * Ids of sessions of others than admins that are paused or have ended, and of which nothing was started, painted or
   * changed after an instant.
   */
  outdated(by: Date): Promise<string[]>;
  /** Ids of the sessions that are PAUSED with an error, in the order in which they were queued. */
  suspended(): Promise<string[]>;
  /**
   * Newest first unless `order` says otherwise; the key of a session is its id, also after it was deleted.
   * @throws AtelierError BAD_INPUT (field `after`) when that session never existed here.
   */
  list(page: PageRequest<string>, filter: SessionFilter, order?: SessionOrder): Promise<Page<SessionRecord>>;
  /** Number of sessions in the list. */
  count(filter: SessionFilter): Promise<number>;
  /** How many sessions there are, and how long they wait. One statement. */
  load(): Promise<SessionLoad>;
  /** `list` of the sessions that use an image and do not expire, for several images, by the image's id. Unused images are left out. */
  listUsing(imageIds: readonly string[], page: PageRequest<string>, reader?: Reader | null): Promise<Map<string, Page<SessionRecord>>>;
  /** Numbers of sessions that use an image and do not expire, by the image's id. Unused images are left out. */
  countUsing(imageIds: readonly string[], reader?: Reader | null): Promise<Map<string, number>>;
  /**
   * Deletes a session with its changes and frame rows, with `expiredBy` only if it has expired by that instant. Returns
   * the digests that no kept frame or image uses any more; null when no session was deleted.
   */
  delete(id: string, expiredBy?: Date): Promise<string[] | null>;
  /** Moves the end of a session that expires to an instant, unless it is later already. Null when the session does not expire. */
  extend(id: string, until: Date): Promise<SessionRecord | null>;
  /**
   * Stores a branch together with what it shares with its parent, in one transaction: the frames through
   * `branchedAtStep` (their rows; the pictures are shared) and the changes in force by then, in their order. The
   * branch's own `change`, which its settings contain already, is recorded with that step. The parent's revision grows.
   * False when the parent was deleted or does not keep that frame.
   * @throws AtelierError NOT_FOUND when an image of the change does not exist.
   */
  insertBranch(branch: StyleTransferRecord, change: Change | null, place?: RequiredPlace): Promise<boolean>;
  /** Branches of sessions by the session's id, oldest first: of each session `first`, after the first `skip`. */
  branches(
    ids: readonly string[],
    page: { first: number; skip: number },
    reader?: Reader | null,
  ): Promise<Map<string, StyleTransferRecord[]>>;
}

/** Accepted changes of style transfers. */
export interface ChangeStore {
  /**
   * Merges a change into a session's settings and records it without a step, in one transaction; `approval` is that of
   * `SessionPatch`. Returns the session as it is now, or null when its status is not one of `from`.
   * @throws AtelierError NOT_FOUND when an image of the change does not exist.
   */
  add(sessionId: string, change: Change, from: readonly SessionStatus[], approval?: "REOPENED"): Promise<StyleTransferRecord | null>;
  /** In the order in which they were accepted; with `afterOrdinal` only those after it that have no step yet. */
  list(sessionId: string, afterOrdinal?: number): Promise<RecordedChange[]>;
  /** `list` for several sessions, by the session's id. Sessions without changes are left out. */
  listAll(sessionIds: readonly string[]): Promise<Map<string, RecordedChange[]>>;
  /** Numbers of changes by the session's id. */
  counts(sessionIds: readonly string[]): Promise<Map<string, number>>;
  /**
   * Records the step at which a change came into force; without an ordinal, that of all the session's changes that have
   * none. Returns the session as it is now, or null when no change was without a step.
   */
  settle(sessionId: string, step: number, ordinal?: number): Promise<StyleTransferRecord | null>;
}

/** Losses of a session's frames, oldest first. */
export type KeptLosses = Pick<FrameRecord, "step" | "losses">[];

/** Kept frames, by session and step. */
export interface FrameStore {
  /**
   * Stores a frame and moves the session's step to it, in one transaction. False when the step is stored already or the
   * session was deleted.
   */
  insert(frame: FrameRecord): Promise<boolean>;
  find(sessionId: string, step: number): Promise<FrameRecord | null>;
  latest(sessionId: string): Promise<FrameRecord | null>;
  /** `latest` for several sessions, by the session's id. Sessions without frames are left out. */
  latestOf(sessionIds: readonly string[]): Promise<Map<string, FrameRecord>>;
  /** Oldest first; the key of a frame is its step. */
  list(sessionId: string, page: PageRequest<number>, range: StepRange): Promise<Page<FrameRecord>>;
  /** `list` for several sessions, by the session's id. Sessions without such frames are left out. */
  listOf(sessionIds: readonly string[], page: PageRequest<number>, range: StepRange): Promise<Map<string, Page<FrameRecord>>>;
  /** Numbers of frames by the session's id. Sessions without such frames may be left out. */
  countOf(sessionIds: readonly string[], range: StepRange): Promise<Map<string, number>>;
  /**
   * Loss curves by the session's id, each thinned to at most `points` frames that include its extremes and the first and
   * last of the range. Frames without losses are left out, and so are sessions without any others.
   * @throws AtelierError BAD_INPUT (field `points`) below 2.
   */
  lossesOf(sessionIds: readonly string[], range: StepRange, points: number): Promise<Map<string, KeptLosses>>;
  /** Sums over the frames of all sessions. */
  totals(): Promise<{ count: number; byteLength: number }>;
  /**
   * Deletes frames of a session evenly until at most `byteLength` bytes are left: all whose step is not a multiple of
   * the smallest power of two that suffices. The first and the last frame, branching points and steered steps always
   * stay. Returns the digests that no kept frame or image uses any more.
   */
  thin(sessionId: string, byteLength: number): Promise<string[]>;
  /** Size of the kept frames of an owner's sessions, bytes; what a branch shares counts for it too. */
  byteLengthOfOwner(ownerId: string): Promise<number>;
  /** Size of a session's kept frames, bytes. */
  byteLengthOf(sessionId: string): Promise<number>;
  /** The session whose kept frames are the largest in sum; null when no session keeps frames. */
  largest(): Promise<{ sessionId: string; byteLength: number } | null>;
}

/** Number of frames kept of one live translation. */
export const RECENT_FRAMES = 64;

/**
 * The newest frames of live translations, a ring buffer of `RECENT_FRAMES` for each session: the other stores keep data
 * for good, and live frames come too fast for that. They do not outlive the server.
 */
export interface RecentFrameStore {
  /**
   * Keeps a frame, and drops the oldest one beyond the ring's size. Steps of a session must increase. Returns false, and
   * keeps nothing, where the store is held under a claim that is over.
   */
  put(frame: FrameRecord, picture: Uint8Array): Promise<boolean>;
  find(sessionId: string, step: number): Promise<FrameRecord | null>;
  latest(sessionId: string): Promise<FrameRecord | null>;
  /** `latest` for several sessions, by the session's id. Sessions without frames here are left out. */
  latestOf(sessionIds: readonly string[]): Promise<Map<string, FrameRecord>>;
  /** As `FrameStore.list`. */
  list(sessionId: string, page: PageRequest<number>, range: StepRange): Promise<Page<FrameRecord>>;
  count(sessionId: string, range: StepRange): Promise<number>;
  /** The encoded picture of a frame; null when it is no longer in the ring. */
  picture(sessionId: string, step: number): Promise<Uint8Array | null>;
  /** Under a claim, lets older ones keep nothing from here on. */
  fence(sessionId: string): Promise<void>;
  /** Drops all frames of a session; under a claim, only while none follows it, and nothing more is kept under this one. */
  clear(sessionId: string): Promise<void>;
}

/** Encoded pictures under their digest, the lower-case hex SHA-256 of their bytes: written once, never changed. */
export interface BlobStore {
  /**
   * Returns the digest; durable (flushed to disk) when it resolves.
   * @throws AtelierError UNAVAILABLE when the disk is full.
   */
  put(bytes: Uint8Array): Promise<string>;
  /** The bytes, whose digest was verified. @throws PictureLost when they are missing or damaged, else PictureUnreadable. */
  get(digest: string): Promise<Uint8Array>;
  /** Deletes bytes unless a row refers to them; those that were just put later, since their row may still follow. */
  delete(digest: string): Promise<void>;
}

/**
 * Thumbnails by the digest of the picture that they show: a bounded cache on disk. A thumbnail is removed with its
 * picture, and the least recently used ones when all together take too much space.
 */
export interface ThumbnailStore {
  /** Null when there is none, or none any more. */
  get(digest: string, width: ThumbnailWidth): Promise<Uint8Array | null>;
  /**
   * Keeps a thumbnail; does nothing when no row refers to the picture.
   * @throws AtelierError UNAVAILABLE when the disk is full.
   */
  put(digest: string, width: ThumbnailWidth, bytes: Uint8Array): Promise<void>;
}

/** Checkpoints of sessions: the state from which a step can be painted again and the session continues. */
export interface CheckpointStore {
  /**
   * Adds a checkpoint atomically; `step` is the last step painted when it was taken. A session's checkpoints beyond the
   * limit are thinned evenly; the newest two always stay.
   */
  put(sessionId: string, step: number, bytes: Uint8Array): Promise<void>;
  /** The newest undamaged checkpoint of a step up to `throughStep`. */
  get(sessionId: string, throughStep: number): Promise<{ step: number; bytes: Uint8Array } | null>;
  /** Gives another session the newest checkpoint up to `throughStep`; both share its bytes where that is possible. */
  share(fromSessionId: string, toSessionId: string, throughStep: number): Promise<void>;
  delete(sessionId: string): Promise<void>;
  /**
   * Deletes the checkpoints of the sessions that were checkpointed longest ago until all together take at most
   * `byteLength` bytes.
   */
  trim(byteLength: number): Promise<void>;
}

/** Where things are stored: in the folder of this process, and in a store that several processes share. */
export const storagePlaces = ["own", "store"] as const;
export type StoragePlace = (typeof storagePlaces)[number];

/** The space that is left for what is stored. */
export interface StorageSpace {
  /** Free space of a place, bytes; null where there is no such place, or where its space is not known now. */
  free(place: StoragePlace): Promise<number | null>;
  /**
   * Why nothing new can be stored now, for people; null when it can. `forSessions` leaves out what paintings do without: the
   * space for thumbnails and films, where that is another one.
   */
  obstacle(options?: { forSessions?: boolean }): Promise<string | null>;
  /**
   * Does work that writes `byteLength` bytes to the data folder, and leaves the reserve free.
   * @throws StorageUnavailable when the disk is almost full or the folder cannot be written.
   */
  storing<Result>(byteLength: number, work: () => Promise<Result>): Promise<Result>;
}

/** Everything that outlives the process. */
export interface Storage {
  readonly images: ImageStore;
  readonly sessions: SessionStore;
  readonly changes: ChangeStore;
  readonly frames: FrameStore;
  readonly recentFrames: RecentFrameStore;
  readonly blobs: BlobStore;
  readonly thumbnails: ThumbnailStore;
  readonly checkpoints: CheckpointStore;
  readonly access: AccessStore;
  readonly films: FilmStore;
  readonly space: StorageSpace;
  /**
   * The time by the clock of the database. What orders queues, expires or is kept for some time is dated with it, because the
   * clocks of servers may differ.
   */
  now(): Promise<Date>;
  /**
   * The same storage, as the holder of a session writes it: what it writes of that session is written only while the claim
   * holds. Otherwise `frames.insert` and `checkpoints.put` throw ClaimLost, `sessions.update` and `changes.settle` return
   * null, `recentFrames.put` returns false, and `frames.thin` deletes nothing.
   */
  held(claim: Claim): Storage;
  close(): Promise<void>;
}
