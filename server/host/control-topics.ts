import type { Bus, SessionControl } from "../bus/bus.js";
import type { HostSession } from "./host-session.js";

/** Hears what clients ask of the sessions of a host: to pause, steer or end. Each session has a topic of its own. */
export class ControlTopics {
  private readonly open = new Map<HostSession, Promise<() => Promise<void>>>();

  constructor(private readonly bus: Bus) {}

  /**
   * Lets a session hear requests from now on, over a bus between processes some moments later. What is asked before then,
   * or while the bus cannot be reached, is in the session's record, which its host in a fleet reads when it starts the
   * session and every few seconds.
   */
  listen(session: HostSession): void {
    this.open.set(
      session,
      this.bus.subscribe(`control:${session.id}`, (control) => this.heed(session, control)),
    );
  }

  /** Ends the subscription of a session. Resolves when the bus has done so. */
  async leave(session: HostSession): Promise<void> {
    const subscribed = this.open.get(session);
    this.open.delete(session);
    await (await subscribed)?.();
  }

  /** Ends all subscriptions. */
  async close(): Promise<void> {
    await Promise.all([...this.open.keys()].map((session) => this.leave(session)));
  }

  private heed(session: HostSession, { type, traceparent }: SessionControl): void {
    // The bus may still deliver some while it ends a subscription.
    if (!this.open.has(session)) return;
    session.spans.requested(type, traceparent ?? null);
    void session[type]();
  }
}
