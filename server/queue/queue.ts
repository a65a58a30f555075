/** What a session does on a device: some devices have no place left for a live translation and take others. */
export const workKinds = ["PAINTED", "LIVE"] as const;
export type WorkKind = (typeof workKinds)[number];

/** A session in the queue. */
export interface QueueEntry {
  sessionId: string;
  ownerId: string;
  kind: WorkKind;
  /** How many sessions of this kind may run for its owner; it waits while there are as many. Null for any number. */
  ownerLimit: number | null;
  /** Whether it ran when its server ended: it comes before all those that have not begun. */
  interrupted?: boolean;
}

/**
 * Sessions that wait for a device. Those of one owner are first come, first served. Between owners it is the turn of the
 * one who has the fewest sessions running, of the kind that would come next; between equals, of the one who was served
 * longest ago or never; between those, of the one whose session waits longest. A session whose owner may have no more
 * running holds up nobody. `claimOrder` is this rule.
 */
export interface Queue {
  /** Queues a session at the end; one that waits already keeps its place. One that runs is claimed after its release. */
  add(entry: QueueEntry): Promise<void>;
  /**
   * Waits for the next session of `kinds`, all by default, and takes it out; it counts as running until it is released.
   * Null when `signal` aborts or the queue closes first.
   */
  claim(signal: AbortSignal, kinds?: readonly WorkKind[]): Promise<QueueEntry | null>;
  /** Says that a claimed session runs no more. Without effect for others. */
  release(sessionId: string): Promise<void>;
  /** Takes a waiting session out; false when it was not waiting. */
  remove(sessionId: string): Promise<boolean>;
  /** Place of a session in the order of `list`, 1 for the next one; null when it is not waiting. */
  position(sessionId: string): Promise<number | null>;
  /**
   * Ids of the sessions that wait, in the order in which they will be claimed as far as that is known: those whose owner
   * may have no more running come last.
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
