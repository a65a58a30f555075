/** Sessions that wait for a device, first come, first served. */
export interface Queue {
  /** Queues a session at the end; one that waits already keeps its place. */
  add(sessionId: string): Promise<void>;
  /** Waits for the next session and takes it out; null when `signal` aborts or the queue closes first. */
  claim(signal: AbortSignal): Promise<string | null>;
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
