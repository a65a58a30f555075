import { type Bus, publishChange } from "../bus/bus.js";
import type { Queue } from "../queue/queue.js";
import { placesOfOwner, queueEntry } from "../sessions/queue-entry.js";
import type { Storage } from "../storage/storage.js";
import { abortableDelay } from "./abortable-delay.js";

/** Wait between two looks at the disk while sessions are suspended, ms. */
const RETRY_MS = 2000;

/** Longest wait, while sessions are suspended again right after they were resumed, ms. */
const LONGEST_RETRY_MS = 60_000;

export interface SuspendedSessionsParts {
  storage: Storage;
  bus: Bus;
  queue: Queue;
  log: (line: string, cause?: unknown) => void;
  closing: AbortSignal;
  retryMs?: number;
  /** Whether other hosts share the storage: one that has died left its suspended sessions to the others. */
  isShared?: boolean;
}

/**
 * Resumes the sessions that were suspended because nothing could be stored, as soon as something can: those of this
 * host, and those that an earlier one left. A session that a user paused or cancelled meanwhile has no error any more,
 * and stays as it is.
 */
export class SuspendedSessions {
  /** Whether there may be suspended sessions; at the start there may be some of an earlier server. */
  private expected = true;

  constructor(private readonly parts: SuspendedSessionsParts) {}

  /** Call this when a session was suspended. */
  expect(): void {
    this.expected = true;
  }

  /** Resumes sessions until the host closes. */
  async run(): Promise<void> {
    const { closing, log, retryMs = RETRY_MS, isShared = false } = this.parts;
    let wait = retryMs;
    while (await abortableDelay(wait, closing)) {
      if (!this.expected && !isShared) {
        wait = retryMs;
        continue;
      }
      try {
        if (await this.resumeAll()) wait = Math.min(2 * wait, LONGEST_RETRY_MS);
        else if (!this.expected) wait = retryMs;
      } catch (error) {
        log("Suspended sessions could not be resumed yet:", error);
      }
    }
  }

  /** Whether any session was resumed. */
  private async resumeAll(): Promise<boolean> {
    const { storage, bus, queue } = this.parts;
    const ids = await storage.sessions.suspended();
    this.expected = ids.length > 0;
    if (!this.expected || (await storage.space.obstacle({ forSessions: true })) !== null) return false;
    for (const id of ids) {
      const resumed = await storage.sessions.resume(id, undefined, true);
      if (!resumed) continue;
      await publishChange(bus, resumed);
      // It had its turn already.
      const places = await placesOfOwner(resumed.ownerId, storage.access);
      await queue.add({ ...queueEntry(resumed, places), interrupted: true });
    }
    return true;
  }
}
