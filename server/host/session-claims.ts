import { StorageUnavailable } from "../errors.js";
import type { ClaimedEntry, Queue } from "../queue/queue.js";
import { isLive, type SessionFailure, type SessionRecord } from "../records/session.js";
import { abortableDelay } from "./abortable-delay.js";
import type { SessionParts } from "./host-session.js";
import { SerialQueue } from "./serial-queue.js";
import { failUnstarted, storageFailure } from "./session-ending.js";

/** How many workers in a row may end while they paint a session, before it has another picture. */
const MAX_TAKEOVERS = 5;

/** Wait before claiming again from a queue that failed, ms. */
const CLAIM_RETRY_MS = 1000;

export interface SessionClaimsParts extends Pick<SessionParts, "storage" | "bus" | "log" | "closing"> {
  queue: Queue;
  /** Whether other hosts share the queue. */
  isShared: boolean;
}

/** Claims the sessions of a host, and gives them back. */
export class SessionClaims {
  /** Ends a claim that takes no live translation. */
  private narrowClaim = new AbortController();
  private readonly failures: SerialQueue;

  constructor(private readonly parts: SessionClaimsParts) {
    this.failures = new SerialQueue((error) => parts.log("A failure could not be stored:", error));
  }

  /** The next session that may run, also a live one with `takesLive`; null when none was claimed after all. */
  async next(takesLive: boolean): Promise<{ record: SessionRecord; entry: ClaimedEntry; claimedAt: Date } | null> {
    const entry = await this.claim(takesLive);
    if (!entry) return null;
    const claimedAt = new Date();
    const record = await this.read(entry);
    if (record && !(await this.endsWorkers(record, entry))) return { record, entry, claimedAt };
    await this.giveBack(entry.sessionId);
    return null;
  }

  /** Call this when a live translation has ended: the next claim may take one again. */
  livePlaceFreed(): void {
    this.narrowClaim.abort();
  }

  /** Tells the queue that a claimed session does not run here any more. */
  async giveBack(sessionId: string): Promise<void> {
    try {
      await this.parts.queue.release(sessionId);
    } catch (error) {
      this.parts.log(`Session ${sessionId} could not be released in the queue:`, error, { sessionId });
    }
  }

  /** Ends a claimed session that did not begin. */
  failUnstarted(entry: ClaimedEntry, failure: SessionFailure): Promise<void> {
    return failUnstarted(entry.sessionId, failure, { ...this.parts, storage: this.parts.storage.held(entry) });
  }

  /** Resolves when all failures are stored. */
  idle(): Promise<void> {
    return this.failures.idle();
  }

  private async claim(takesLive: boolean): Promise<ClaimedEntry | null> {
    const { queue, closing, log } = this.parts;
    try {
      if (takesLive) return await queue.claim(closing);
      this.narrowClaim = new AbortController();
      return await queue.claim(AbortSignal.any([closing, this.narrowClaim.signal]), ["PAINTED"]);
    } catch (error) {
      log("No session could be claimed from the queue:", error);
      await abortableDelay(CLAIM_RETRY_MS, closing);
      return null;
    }
  }

  /** A claimed session; null when it must no longer run, or cannot be read. */
  private async read(entry: ClaimedEntry): Promise<SessionRecord | null> {
    const { sessionId } = entry;
    try {
      const record = await this.parts.storage.sessions.find(sessionId);
      return record?.status === "QUEUED" || record?.status === "RUNNING" ? record : null;
    } catch (error) {
      this.parts.log(`Session ${sessionId} could not be read:`, error, { sessionId });
      // Where others share it, one of them may be able to read it.
      if (this.parts.isShared && error instanceof StorageUnavailable) return null;
      // Not awaited: other sessions may be readable.
      void this.failures.run(() => this.failUnstarted(entry, storageFailure(error)));
      return null;
    }
  }

  /** Fails a session that its workers do not survive, so that it does not end one after the other. */
  private async endsWorkers(record: SessionRecord, entry: ClaimedEntry): Promise<boolean> {
    if (isLive(record) || record.wish !== null || entry.takeovers < MAX_TAKEOVERS) return false;
    const message = `${entry.takeovers} workers in a row ended while they painted this session.`;
    await this.failures.run(() => this.failUnstarted(entry, { code: "DEVICE_LOST", message }));
    return true;
  }
}
