import type { Bus } from "../../bus/bus.js";
import { Bell } from "./wake-up.js";
import { matchesFilter } from "../filter.js";
import type { SessionFilter, SessionRecord } from "../../records/session.js";

/** Sessions that may wait for one reader; beyond these the one that waits longest is forgotten. */
const MAX_PENDING_SESSIONS = 1000;

/** Sessions that pass a filter, as they start and change. A slow reader gets each session's newest state once. */
export class SessionFeed implements AsyncIterableIterator<SessionRecord> {
  private readonly pending = new Map<string, SessionRecord>();
  private readonly bell = new Bell();
  private unsubscribe: (() => Promise<void>) | null = null;
  private closed = false;

  private constructor(private readonly filter: SessionFilter) {}

  /** Resolves when every later change will be seen. */
  static async open(bus: Bus, filter: SessionFilter): Promise<SessionFeed> {
    const feed = new SessionFeed(filter);
    feed.unsubscribe = await bus.subscribe("sessions", (event) => {
      if (event.type === "changed") feed.offer(event.session);
      else feed.pending.delete(event.sessionId);
    });
    return feed;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<SessionRecord>> {
    while (!this.closed) {
      const [session] = this.pending.values();
      if (session) {
        this.pending.delete(session.id);
        return { done: false, value: session };
      }
      await this.bell.wait();
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<SessionRecord>> {
    if (!this.closed) {
      this.closed = true;
      this.pending.clear();
      this.bell.ring();
      await this.unsubscribe?.();
    }
    return { done: true, value: undefined };
  }

  private offer(session: SessionRecord): void {
    if (this.closed) return;
    // Taken out and put in again, so that the order is that of the newest changes.
    this.pending.delete(session.id);
    if (!matchesFilter(session, this.filter)) return;
    const [oldest] = this.pending.keys();
    if (this.pending.size >= MAX_PENDING_SESSIONS && oldest !== undefined) this.pending.delete(oldest);
    this.pending.set(session.id, session);
    this.bell.ring();
  }
}
