import type { Storage } from "../storage/storage.js";

/** Limits for kept frames, bytes. */
export interface FrameBudget {
  /** Of one session. */
  sessionBytes: number;
  /** Of all sessions together. */
  totalBytes: number;
}

/** A session that reached its budget is thinned to this part of it, so that it is not thinned again at once. */
const THINNED_SHARE = 1 / 2;

/** All sessions together are thinned to this part of their budget. */
const THINNED_TOTAL_SHARE = 0.9;

/**
 * Keeps the frames of sessions within their budget: everything at first; a session that reaches its budget, or the one that
 * keeps the most when all together reach theirs, is thinned evenly (`FrameStore.thin` says what always stays).
 */
export class FrameRetention {
  private readonly sessions = new Map<string, number>();
  private total: number | null = null;

  constructor(
    private readonly storage: Storage,
    private readonly budget: FrameBudget,
    private readonly log: (line: string, cause: unknown) => void,
  ) {}

  /** To be called for each stored frame; thins where a limit is exceeded. A failure is logged and otherwise harmless. */
  async stored(sessionId: string, bytes: number): Promise<void> {
    try {
      const { frames } = this.storage;
      const known = this.sessions.get(sessionId);
      const kept = known === undefined ? await frames.bytesOf(sessionId) : known + bytes;
      this.sessions.set(sessionId, kept);
      this.total = this.total === null ? (await frames.totals()).bytes : this.total + bytes;
      if (kept > this.budget.sessionBytes) await this.thin(sessionId, this.budget.sessionBytes * THINNED_SHARE);
      if (this.total > this.budget.totalBytes) await this.thinAll();
    } catch (error) {
      this.log(`The frames of session ${sessionId} could not be thinned:`, error);
    }
  }

  /** To be called when a session is no longer hosted. */
  forget(sessionId: string): void {
    this.sessions.delete(sessionId);
  }

  private async thinAll(): Promise<void> {
    const { frames } = this.storage;
    // Sessions may have been deleted since it was counted.
    this.total = (await frames.totals()).bytes;
    while (this.total > this.budget.totalBytes * THINNED_TOTAL_SHARE) {
      const largest = await frames.largest();
      if (!largest || !(await this.thin(largest.sessionId, largest.bytes * THINNED_SHARE))) return;
      this.total = (await frames.totals()).bytes;
    }
  }

  /** False when nothing could be removed. */
  private async thin(sessionId: string, bytes: number): Promise<boolean> {
    const { frames, blobs } = this.storage;
    const before = await frames.bytesOf(sessionId);
    const unreferenced = await frames.thin(sessionId, bytes);
    const kept = await frames.bytesOf(sessionId);
    this.total = (this.total ?? 0) - (before - kept);
    if (this.sessions.has(sessionId)) this.sessions.set(sessionId, kept);
    // The rows are gone; frames that come now do not wait until thousands of files are.
    void this.deleteAll(unreferenced, (digest) => blobs.delete(digest));
    return kept < before;
  }

  private async deleteAll(digests: readonly string[], remove: (digest: string) => Promise<void>): Promise<void> {
    try {
      for (const digest of digests) await remove(digest);
    } catch (error) {
      this.log("Pictures of thinned frames stay until the next start:", error);
    }
  }
}
