import type { AuditEntry } from "../records/audit.js";
import type { Claim } from "../records/claim.js";
import type { QueueEntry, QueueLine, WorkKind } from "../records/queue.js";
import type { SharedModel, StoredFile, TrialKey, TrialKind, TrialVerdict } from "../records/shared-model.js";
import type { WorkerAnnouncement } from "../records/worker.js";

/** What a worker can run. */
export interface Capability {
  kinds: readonly WorkKind[];
  /** Ids of the models that it has; null for any. */
  models: readonly string[] | null;
  /** The largest size of a painting, px. */
  maxSize: number;
  /** Sessions that it does not take: it has not let go of them. */
  except?: readonly string[];
  /** Links of whose visitors it begins no more sessions of a kind now. */
  fullLinks?: Readonly<Record<WorkKind, readonly string[]>>;
}

/** Who holds which session, where several processes share a database. All times are those of the database's clock. */
export interface LeaseStore {
  /** Records how many sessions may run for an owner while a session waits. */
  enter(entry: Pick<QueueEntry, "sessionId" | "ownerLimit">): Promise<void>;
  /**
   * Claims the next session by the rule of `Queue` that a worker can run, until the end of a lease. Sessions that ran before
   * come first: those that are RUNNING and whose lease is over, and those that were suspended. Null when there is none.
   * Workers take turns at it. With `isExpected`, when there is probably one, it takes its turn without looking first.
   */
  claim(
    workerId: string,
    capability: Capability,
    leaseMs: number,
    isExpected?: boolean,
  ): Promise<(QueueEntry & Claim & { takeovers: number }) | null>;
  /** Whether a session waits that may be claimed now, by whichever worker can run it. */
  hasClaimable(): Promise<boolean>;
  /**
   * Time until the next session may be claimed because time has passed, ms: its lease ends unless it is renewed, or the server
   * that stored it has had its time to enter it. Null when there is none.
   */
  untilNextDue(): Promise<number | null>;
  /** The models of the sessions that wait. */
  wantedModels(): Promise<string[]>;
  /** Claims one session, if it is unfinished and nobody holds it. */
  seize(workerId: string, sessionId: string, leaseMs: number): Promise<Claim | null>;
  /** Moves the ends of leases; returns the claims that hold. One whose row is locked now is not renewed. */
  renew(claims: readonly Claim[], leaseMs: number): Promise<(Claim & { isRenewed: boolean })[]>;
  /** Ends a lease; without effect when the claim does not hold. */
  release(claim: Claim): Promise<void>;
  /** All unfinished sessions. */
  line(): Promise<QueueLine>;
  /**
   * Has sessions exchange the instants at which they were queued, so that they are in the order `after`. False when they are
   * not in the order `before` any more: then nothing is changed.
   */
  reorder(before: readonly string[], after: readonly string[]): Promise<boolean>;
}

/** The workers of all machines. */
export interface WorkerStore {
  /** Stores what a worker can run, and forgets those that announced nothing for `silenceMs`. */
  announce(id: string, announcement: WorkerAnnouncement, silenceMs: number): Promise<void>;
  /** What the workers announced last, of those that did within `silenceMs`, without the one with the id `except`. */
  list(silenceMs: number, except?: string): Promise<WorkerAnnouncement[]>;
  /** Forgets a worker. */
  leave(id: string): Promise<void>;
}

/** Who did what on any server. */
export interface AuditStore {
  /** Stores entries, the oldest first, and forgets the oldest of all beyond a number. */
  append(entries: readonly AuditEntry[]): Promise<void>;
  /** The newest entries, newest first. */
  list(first: number): Promise<AuditEntry[]>;
}

/** A shared model, or one that was removed, with the verdict for one kind of device. */
export interface ListedModel extends SharedModel {
  removed: boolean;
  /** Null while it was not tried on a device of this kind. */
  verdict: TrialVerdict | null;
}

/** Models that were dropped in on one machine, for all of them. */
export interface SharedModelStore {
  /** All models, also removed ones, by id. */
  list(kind: TrialKind): Promise<ListedModel[]>;
  /**
   * Stores a file; it is deleted after some time unless a model that names it was added. After a failure, the same call
   * soon afterwards sends only what the store lacks.
   * @throws StorageUnavailable when it cannot be stored now, AtelierError CONFLICT when the content is not that of `file`.
   */
  put(file: StoredFile, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** The bytes as the store has them, unverified. @throws AtelierError NOT_FOUND, perhaps when they are read. */
  read(file: StoredFile): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Adds a model whose files are stored, in place of a removed one and of one that the same origin added. Returns the model
   * that has the id now: a model of another origin keeps it.
   */
  add(model: SharedModel): Promise<SharedModel>;
  /** Removes a model that `origin` added. Returns whether it was there. */
  remove(id: string, origin: string): Promise<boolean>;
}

/** Trials of shared models, each done once for a kind of device. Leases are of less than a minute, and end by the database's clock. */
export interface TrialStore {
  /**
   * Claims a trial until the end of a lease: CLAIMED. It is BUSY while another one holds it. A trial that was done is not
   * claimed: its verdict. After three leases that ran out without a verdict, the model is refused.
   */
  claim(trial: TrialKey, trierId: string, leaseMs: number): Promise<"CLAIMED" | "BUSY" | TrialVerdict>;
  /** Moves the end of the lease; without effect when another one has claimed the trial since. */
  renew(trial: TrialKey, trierId: string, leaseMs: number): Promise<void>;
  /** Stores the verdict and ends the lease; without effect when another one has claimed the trial since. */
  finish(trial: TrialKey, trierId: string, verdict: TrialVerdict): Promise<void>;
  /** Ends the lease without a verdict, so that another one may try. The attempt does not count. */
  release(trial: TrialKey, trierId: string): Promise<void>;
  /** Deletes the verdicts of all kinds of devices that refused a model, so that it is tried again, and counts its attempts anew. */
  forgetRefusals(model: Pick<TrialKey, "sha256" | "cardSha256">): Promise<void>;
}
