import type { LogFields } from "../records/log-fields.js";
import type { Storage } from "../storage/storage.js";
import { SerialQueue } from "./serial-queue.js";

/** Limits for the size of kept frames, bytes. */
export interface FrameBudget {
  /** For one session. */
  sessionByteLength: number;
  /** For all sessions together. */
  totalByteLength: number;
}

/** What frames are thinned in. */
type RetentionStorage = Pick<Storage, "frames" | "blobs">;

/** A session beyond its budget is thinned to this share of it, so that it is not thinned again at once. */
const THINNED_SHARE = 1 / 2;

/** All sessions together are thinned to this share of their budget. */
const THINNED_TOTAL_SHARE = 0.9;

/**
 * Keeps the frames of sessions within their budget. All frames are kept at first. A session that exceeds its budget is
 * thinned evenly; when all together exceed theirs, the largest session is. `FrameStore.thin` says what always stays.
 */
export class FrameRetention {
  /** Size of each hosted session's kept frames, bytes. */
  private readonly sessions = new Map<string, number>();
  /** Size of all kept frames, bytes; null until it was read. */
  private total: number | null = null;
  private readonly deletions: SerialQueue;

  constructor(
    private readonly budget: FrameBudget,
    private readonly log: (line: string, cause: unknown, fields?: LogFields) => void,
    private readonly closing: AbortSignal,
  ) {
    this.deletions = new SerialQueue((error) => this.log("Pictures of thinned frames stay until the next start:", error));
  }

  /**
   * Call this for each stored frame; it thins where a limit is exceeded, in the storage as the host of the session holds it.
   * A failure is logged and otherwise harmless.
   */
  async stored(sessionId: string, byteLength: number, storage: RetentionStorage): Promise<void> {
    try {
      const { frames } = storage;
      const known = this.sessions.get(sessionId);
      const kept = known === undefined ? await frames.byteLengthOf(sessionId) : known + byteLength;
      this.sessions.set(sessionId, kept);
      this.total = this.total === null ? (await frames.totals()).byteLength : this.total + byteLength;
      const { sessionByteLength, totalByteLength } = this.budget;
      if (kept > sessionByteLength) await this.thin(sessionId, sessionByteLength * THINNED_SHARE, storage);
      if (this.total > totalByteLength) await this.thinAll(storage);
    } catch (error) {
      this.log(`The frames of session ${sessionId} could not be thinned:`, error, { sessionId });
    }
  }

  /** Call this when a session is no longer hosted. */
  forget(sessionId: string): void {
    this.sessions.delete(sessionId);
  }

  /** Resolves when no picture is being deleted. Once the host closes, what is left stays until the next start. */
  idle(): Promise<void> {
    return this.deletions.idle();
  }

  private async thinAll(storage: RetentionStorage): Promise<void> {
    const { frames } = storage;
    // Read again, since sessions may have been deleted.
    this.total = (await frames.totals()).byteLength;
    while (this.total > this.budget.totalByteLength * THINNED_TOTAL_SHARE) {
      const largest = await frames.largest();
      if (!largest || !(await this.thin(largest.sessionId, largest.byteLength * THINNED_SHARE, storage))) return;
      this.total = (await frames.totals()).byteLength;
    }
  }

  /** False when no frame could be deleted. */
  private async thin(sessionId: string, byteLength: number, { frames, blobs }: RetentionStorage): Promise<boolean> {
    const before = await frames.byteLengthOf(sessionId);
    const unreferenced = await frames.thin(sessionId, byteLength);
    const kept = await frames.byteLengthOf(sessionId);
    this.total = (this.total ?? 0) - (before - kept);
    if (this.sessions.has(sessionId)) this.sessions.set(sessionId, kept);
    // The rows are deleted. The next frames do not wait until thousands of files are deleted too.
    void this.deletions.run(async () => {
      for (const digest of unreferenced) if (!this.closing.aborted) await blobs.delete(digest);
    });
    return kept < before;
  }
}
