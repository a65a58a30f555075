import type { Bus } from "../../bus/bus.js";
import { badInput } from "../../errors.js";
import type { Storage } from "../../storage/storage.js";
import { noSession } from "../requirements.js";
import { TimeHistogram } from "../time-histogram.js";
import { Channel } from "./channel.js";
import { Feed } from "./feed.js";
import { keptFrames } from "./kept-frames.js";
import { Mailbox, type ViewerEvent } from "./mailbox.js";
import { Replay } from "./replay.js";
import { Viewer } from "./viewer.js";

export interface WatchOptions {
  /** All kept frames after this step come first; -1 for all, null for the latest only. */
  afterStep: number | null;
  /** Limit for live frames; null for no limit. */
  maxFramesPerSecond: number | null;
}

const MAX_FRAMES_PER_SECOND = 1000;

/** Longest time between two frames, ms: Node makes a longer timer one of 1 ms, and prints a warning each time. */
const MAX_INTERVAL_MS = 2 ** 31 - 1;

export interface FrameBrokerOptions {
  /**
   * Whether other processes run sessions too: one that dies, or whose messages are lost, stores what it never publishes, so the
   * records of sessions that are watched and silent are looked at.
   */
  isShared?: boolean;
  /** Time between two such looks, ms. */
  lookMs?: number;
}

const LOOK_MS = 3000;

/** Upper bounds of the buckets of how late frames come, ms: from those of this very process to those that an overloaded Redis delays. */
const LAG_BUCKETS_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000] as const;

/** Number of viewers of a session. */
export interface ViewerCount {
  /** Id of the session. */
  id: string;
  viewers: number;
}

/** Delivers the events of sessions from the bus and from storage to viewers: the latest frame wins. */
export class FrameBroker {
  private readonly channels = new Map<string, Channel>();
  private readonly counters = new Set<(count: ViewerCount) => void>();
  /** How long after it was made each frame came, by the clocks of the processes, ms. */
  readonly lag = new TimeHistogram(LAG_BUCKETS_MS);
  private dropped = 0;
  private looks: NodeJS.Timeout | null = null;
  private looking: Promise<void> | null = null;

  constructor(
    private readonly storage: Storage,
    private readonly bus: Bus,
    private readonly options: FrameBrokerOptions = {},
  ) {}

  /** Number of viewers now, over all sessions. */
  get viewerCount(): number {
    let count = 0;
    for (const channel of this.channels.values()) count += channel.mailboxes.size;
    return count;
  }

  /** Number of frames that a newer one replaced because their viewer was too slow, over all viewers since the start. */
  get droppedFrames(): number {
    return this.dropped;
  }

  /** Number of viewers of one session now. */
  viewersOf(sessionId: string): number {
    return this.channels.get(sessionId)?.mailboxes.size ?? 0;
  }

  /**
   * Number of viewers of a session, now and after every change; the subscriber of the count is not a viewer.
   * @throws AtelierError NOT_FOUND (field `id`).
   */
  async watchViewers(sessionId: string): Promise<AsyncIterableIterator<ViewerCount>> {
    if (!(await this.storage.sessions.find(sessionId))) throw noSession("id");
    return Feed.open<ViewerCount>((feed) => {
      const counter = (count: ViewerCount) => {
        if (count.id === sessionId) feed.offer(count);
      };
      this.counters.add(counter);
      feed.offer({ id: sessionId, viewers: this.viewersOf(sessionId) });
      return () => void this.counters.delete(counter);
    });
  }

  /**
   * Events of one session: the session as it is, then the latest frame or those after `afterStep`, then live events.
   * Ends after the last frame and the last change, or when the session is deleted.
   * @throws AtelierError NOT_FOUND (field `id`), BAD_INPUT (fields `afterStep`, `maxFramesPerSecond`).
   */
  async watch(sessionId: string, options: WatchOptions): Promise<AsyncIterableIterator<ViewerEvent>> {
    const { afterStep, maxFramesPerSecond } = options;
    if (afterStep !== null && afterStep < -1) {
      throw badInput("afterStep", "afterStep is a step, or -1 for all.", -1, { min: -1 });
    }
    requireFramesPerSecond(maxFramesPerSecond);
    const intervalMs = maxFramesPerSecond === null ? 0 : Math.min(MAX_INTERVAL_MS, 1000 / maxFramesPerSecond);
    const mailbox = new Mailbox(intervalMs, () => this.dropped++);
    // Subscribes first and reads second, so that an event in between is in one of the two.
    const leave = await this.join(sessionId, mailbox);
    try {
      mailbox.forget();
      const { opening, replay } = await this.open(sessionId, mailbox, afterStep);
      const replayAfter = (step: number) => new Replay(keptFrames(this.storage), sessionId, step, step);
      return new Viewer(mailbox, opening, replay, replay && replayAfter, leave);
    } catch (error) {
      await leave();
      throw error;
    }
  }

  private async open(sessionId: string, mailbox: Mailbox, afterStep: number | null) {
    const kept = keptFrames(this.storage);
    const session = await this.storage.sessions.find(sessionId);
    if (!session) throw noSession("id");
    const channel = this.channels.get(sessionId);
    // Viewers who were here before may not have heard of it.
    if (channel?.mailboxes.size === 1) channel.note(session);
    mailbox.begin(session);
    const opening: ViewerEvent[] = [{ type: "changed", session }];
    if (afterStep !== null) {
      mailbox.skipThrough(afterStep);
      return { opening, replay: new Replay(kept, sessionId, afterStep, session.step) };
    }
    const latest = await kept.latest(sessionId);
    if (latest) {
      mailbox.skipThrough(latest.step);
      opening.push({ type: "frame", frame: await kept.shared(latest) });
    }
    return { opening, replay: null };
  }

  private async join(sessionId: string, mailbox: Mailbox): Promise<() => Promise<void>> {
    const channel = this.channels.get(sessionId) ?? this.openChannel(sessionId);
    const { mailboxes, subscription } = channel;
    mailboxes.add(mailbox);
    this.count(sessionId);
    const leave = async () => {
      if (!mailboxes.delete(mailbox)) return;
      if (mailboxes.size === 0) this.closeChannel(sessionId);
      this.count(sessionId);
      if (mailboxes.size === 0) await (await subscription)();
    };
    try {
      await subscription;
    } catch (error) {
      mailboxes.delete(mailbox);
      this.closeChannel(sessionId);
      this.count(sessionId);
      throw error;
    }
    return leave;
  }

  private openChannel(sessionId: string): Channel {
    const channel = new Channel();
    this.channels.set(sessionId, channel);
    channel.subscription = this.bus.subscribe(
      `session:${sessionId}`,
      (event) => {
        // Another machine's clock may be ahead.
        if (event.type === "frame") this.lag.add(Math.max(0, Date.now() - event.frame.createdAt.getTime()));
        channel.deliver(event);
      },
      () => void this.afterGap(sessionId, channel),
    );
    const { isShared = false, lookMs = LOOK_MS } = this.options;
    if (isShared) this.looks ??= setInterval(() => this.look(), lookMs).unref();
    return channel;
  }

  private closeChannel(sessionId: string): void {
    this.channels.delete(sessionId);
    if (this.channels.size > 0 || this.looks === null) return;
    clearInterval(this.looks);
    this.looks = null;
  }

  /** Looks at the records of silent sessions, unless the last look is still under way. */
  private look(): void {
    // Without an answer, viewers stay as they are, and the next look tries again; who cannot read storage logs it.
    this.looking ??= this.lookAtSilent()
      .catch(() => undefined)
      .finally(() => {
        this.looking = null;
      });
  }

  private async lookAtSilent(): Promise<void> {
    const silent = [...this.channels].filter(([, channel]) => channel.takeSilence());
    if (silent.length === 0) return;
    const records = await this.storage.sessions.findAll(silent.map(([id]) => id));
    const behind = silent.filter(([id, channel]) => channel.isBehind(records.get(id) ?? null));
    await Promise.all(behind.map(([id, channel]) => this.catchUp(id, channel)));
  }

  /** Delivers what the bus has lost; viewers for whom that cannot be read get the error. */
  private async afterGap(sessionId: string, channel: Channel): Promise<void> {
    try {
      await this.catchUp(sessionId, channel);
    } catch (error) {
      for (const mailbox of channel.mailboxes) mailbox.fail(error);
    }
  }

  /** Delivers the session as it is in storage, and its newest frame. */
  private async catchUp(sessionId: string, channel: Channel): Promise<void> {
    const { mailboxes } = channel;
    for (const mailbox of mailboxes) mailbox.noteLoss();
    // The session first: the frame is then at least as new, and with an ended one it is the last.
    const session = await this.storage.sessions.find(sessionId);
    const kept = keptFrames(this.storage);
    const latest = session && (await kept.latest(sessionId));
    const frame = latest && (await kept.shared(latest));
    if (session) channel.note(session);
    for (const mailbox of mailboxes) {
      if (frame) mailbox.offerFrame(frame);
      if (session) mailbox.offerChange(session);
      else mailbox.offerDeleted();
    }
  }

  private count(sessionId: string): void {
    const count = { id: sessionId, viewers: this.viewersOf(sessionId) };
    for (const counter of this.counters) counter(count);
  }
}

/** @throws AtelierError BAD_INPUT (field `maxFramesPerSecond`) for a rate that is not allowed; null is no limit. */
export function requireFramesPerSecond(maxFramesPerSecond: number | null): void {
  if (maxFramesPerSecond === null || (maxFramesPerSecond > 0 && maxFramesPerSecond <= MAX_FRAMES_PER_SECOND)) return;
  const allowed = `greater than 0 and at most ${MAX_FRAMES_PER_SECOND}`;
  throw badInput("maxFramesPerSecond", `maxFramesPerSecond must be ${allowed}.`, MAX_FRAMES_PER_SECOND, {
    ...{ max: MAX_FRAMES_PER_SECOND, unit: "frames/s" },
  });
}
