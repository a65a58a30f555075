import type { Claim } from "../records/claim.js";
import type { QueueEntry, WorkKind } from "../records/queue.js";

/** A claimed session. */
export interface ClaimedEntry extends QueueEntry, Claim {
  /** Aborts when the claim does not hold any more: another host may have the session. */
  lost: AbortSignal;
  /** Whether the claim still holds by this process's clock: after the process hung, `lost` may abort a moment later. */
  isHeld(): boolean;
  /** How often the session was claimed since its last picture because the worker that had it died. */
  takeovers: number;
}

/**
 * Sessions that wait for a device, as their records say: one that is added is stored as QUEUED, or as RUNNING where it was
 * interrupted. Those of one owner are first come, first served. Between owners it is the turn of the
 * one who has the fewest sessions running, of the kind that would come next; between equals, of the one who was served
 * longest ago or never; between those, of the one whose session waits longest. A session whose owner may have no more
 * running does not hold up others. `claimOrder` is this rule. In each process, one place is kept from the
 * visitors of any one link: while they hold all others (`linkRunningSessions`, `linkRunningLiveSessions`), their next
 * sessions are passed over.
 */
export interface Queue {
  /** Whether the queue itself stores what `move` changes, in the instants at which sessions were queued. */
  readonly storesOrder: boolean;
  /** Queues a session at the end; one that waits already keeps its place. One that runs is claimed after its release. */
  add(entry: QueueEntry): Promise<void>;
  /**
   * Waits for the next session of `kinds`, all by default, and takes it out; it counts as running until it is released.
   * Null when `signal` aborts or the queue closes first.
   */
  claim(signal: AbortSignal, kinds?: readonly WorkKind[]): Promise<ClaimedEntry | null>;
  /** Says that a claimed session runs no more here; what its record says is stored before. Without effect for others. */
  release(sessionId: string): Promise<void>;
  /**
   * Claims an unfinished session that no host holds, for whoever ends it; `release` gives it back. Null while a host may hold
   * it, which then ends it.
   */
  seize(sessionId: string): Promise<Claim | null>;
  /** Takes out a session that waits no more, as its record says. Without effect for others. */
  remove(sessionId: string): Promise<void>;
  /** Place of a session in the order of `list`, 1 for the next one; null when it is not waiting. */
  position(sessionId: string): Promise<number | null>;
  /**
   * Ids of the sessions that wait, in the order in which they will be claimed as far as that is known: those whose owner
   * may have no more running come last. Those that are passed over for their link keep their place.
   */
  list(): Promise<string[]>;
  /**
   * Gives a waiting session a place among those of its owner, so that it comes as near as it can to `position`, 1 for the
   * next; beyond the end means last. The places of others stay as fair as before. False when it is not waiting.
   */
  move(sessionId: string, position: number): Promise<boolean>;
  /** Ends the claims that wait. */
  close(): Promise<void>;
}
