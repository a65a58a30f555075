/** What a session does on a device: some devices have no place left for a live translation and take others. */
export const workKinds = ["PAINTED", "LIVE"] as const;
export type WorkKind = (typeof workKinds)[number];

/** Sessions that wait for a device, first come, first served. */
export interface Queue {
  /** Queues a session, PAINTED by default, at the end; one that waits already keeps its place. */
  add(sessionId: string, kind?: WorkKind): Promise<void>;
  /**
   * Waits for the next session of `kinds`, all by default, and takes it out; those before it stay where they are. Null when
   * `signal` aborts or the queue closes first.
   */
  claim(signal: AbortSignal, kinds?: readonly WorkKind[]): Promise<string | null>;
  /** Takes a session out; false when it was not waiting. */
  remove(sessionId: string): Promise<boolean>;
  /** Place of a session, 1 for the next one; null when it is not waiting. */
  position(sessionId: string): Promise<number | null>;
  /** Ids of the sessions that wait, the next one first. */
  list(): Promise<string[]>;
  /** Gives a waiting session another position, 1 for the next; beyond the end means last. False when it is not waiting. */
  move(sessionId: string, position: number): Promise<boolean>;
  /** Ends the claims that wait. */
  close(): Promise<void>;
}
