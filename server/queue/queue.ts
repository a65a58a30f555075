/** Sessions that wait for a device, first come first served. */
export interface Queue {
  add(sessionId: string): Promise<void>;
  /** Waits for the next session and takes it out; null when `signal` aborts first. */
  claim(signal: AbortSignal): Promise<string | null>;
  /** Takes a waiting session out; false when it was not waiting. */
  remove(sessionId: string): Promise<boolean>;
  /** 1 is next; null when it does not wait. */
  position(sessionId: string): Promise<number | null>;
  close(): Promise<void>;
}
