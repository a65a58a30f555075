import type { Bus } from "../../bus/bus.js";
import { AtelierError } from "../../errors.js";
import type { SessionEvent, SessionRecord } from "../../records/session.js";
import type { Storage } from "../../storage/storage.js";
import { AutoResetEvent } from "./auto-reset-event.js";
import { type FrameBroker, requireFramesPerSecond } from "./frame-broker.js";
import { keptFrames } from "./kept-frames.js";
import type { ViewerEvent } from "./mailbox.js";
import type { SharedFrame } from "./shared-frame.js";

/** Sessions of an output in which the picture that it holds is looked for. */
const SESSIONS_LOOKED_AT = 20;

/** A picture of an output; null when the picture that was shown is deleted and no other takes its place. */
export interface OutputEvent {
  frame: SharedFrame | null;
}

export interface OutputParts {
  storage: Storage;
  bus: Bus;
  broker: Pick<FrameBroker, "watch">;
}

/** A lasting output: each owner has their own of a name. */
export interface Output {
  name: string;
  ownerId: string;
}

/** Opens the pictures of a lasting output, whose name is checked already. */
export type WatchOutput = (output: Output, maxFramesPerSecond: number | null) => Promise<AsyncIterableIterator<OutputEvent>>;

export function outputsOf(parts: OutputParts): WatchOutput {
  return (output, maxFramesPerSecond) => OutputViewer.open(output, parts, maxFramesPerSecond);
}

/**
 * The pictures of a lasting output for one viewer: those of the newest session with the output's name and owner, and of
 * each later one as it starts. It begins with the picture that the output holds, if there is one, and never ends by itself.
 *
 * As in `Viewer`, `next` and `return` are written by hand, so that a viewer may leave while it waits.
 */
class OutputViewer implements AsyncIterableIterator<OutputEvent> {
  private closed = false;
  private unsubscribe: () => Promise<void> = async () => undefined;
  /** The session to show; null while the output has none. */
  private wanted: SessionRecord | null = null;
  private watched: { events: AsyncIterableIterator<ViewerEvent> } | null = null;
  private held: SharedFrame | null = null;
  /** The session whose picture the viewer has; null for none. */
  private shownId: string | null = null;
  private isStale = false;
  /** Whether the viewer must be told that there is no picture any more. */
  private isCleared = false;
  private readonly change = new AutoResetEvent();

  private constructor(
    private readonly output: Output,
    private readonly parts: OutputParts,
    private readonly maxFramesPerSecond: number | null,
  ) {}

  /** The name must be checked already. */
  static async open(output: Output, parts: OutputParts, maxFramesPerSecond: number | null): Promise<OutputViewer> {
    requireFramesPerSecond(maxFramesPerSecond);
    const viewer = new OutputViewer(output, parts, maxFramesPerSecond);
    // Subscribes first and reads second, so that a session that starts in between is not missed.
    viewer.unsubscribe = await parts.bus.subscribe(
      "sessions",
      (event) => viewer.receive(event),
      () => void viewer.catchUp(),
    );
    try {
      await viewer.find();
      return viewer;
    } catch (error) {
      await viewer.return();
      throw error;
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<OutputEvent>> {
    try {
      while (!this.closed) {
        const shown = await this.read();
        if (shown && !this.closed) return { done: false, value: shown };
      }
    } catch (error) {
      await this.return();
      throw error;
    }
    return this.return();
  }

  async return(): Promise<IteratorResult<OutputEvent>> {
    if (!this.closed) {
      this.closed = true;
      this.change.set();
      await this.watched?.events.return?.();
      await this.unsubscribe();
    }
    return { done: true, value: undefined };
  }

  /** Finds the newest session, and the picture to hold while that has none. */
  private async find(): Promise<void> {
    this.isStale = false;
    const { storage } = this.parts;
    const rows = await this.list(SESSIONS_LOOKED_AT);
    // One that started meanwhile, and which the list does not have, stays.
    if (this.wanted && (await storage.sessions.find(this.wanted.id)) === null) this.wanted = null;
    this.show(rows[0] ?? null);
    const kept = keptFrames(storage);
    const latest = await kept.latestOf(rows.map(({ id }) => id));
    const earlier = rows.find(({ id }) => latest.has(id));
    const frame = earlier && latest.get(earlier.id);
    // Watching the newest session begins with its own picture.
    if (frame && earlier !== rows[0]) this.held = await kept.shared(frame);
    this.isCleared = !frame && this.shownId !== null;
  }

  private receive(event: Extract<SessionEvent, { type: "changed" | "deleted" }>): void {
    if (event.type === "deleted") {
      if (event.sessionId !== this.wanted?.id && event.sessionId !== this.shownId) return;
      this.startAnew();
    } else if (this.isOf(event.session)) {
      this.show(event.session);
    }
  }

  /** Changes were lost: a session may have started, and the one that is shown may be deleted. */
  private async catchUp(): Promise<void> {
    const { sessions } = this.parts.storage;
    try {
      const shown = [this.wanted?.id, this.shownId].filter((id) => id !== undefined && id !== null);
      const areKept = (await sessions.findAll(shown)).size === new Set(shown).size;
      const newest = await this.list(1);
      if (areKept && newest[0]) this.show(newest[0]);
      else if (!areKept) this.startAnew();
    } catch {
      // The viewer gets the error when it looks for the session itself, if storage fails then, too.
      this.startAnew();
    }
  }

  /** Looks for the session to show, and for the picture to hold, once more. */
  private startAnew(): void {
    this.isStale = true;
    const { watched } = this;
    this.watched = null;
    void watched?.events.return?.();
    this.change.set();
  }

  private async list(first: number): Promise<SessionRecord[]> {
    const { name, ownerId } = this.output;
    return (await this.parts.storage.sessions.list({ first, after: null }, { output: name, ownerId })).rows;
  }

  private isOf(session: SessionRecord): boolean {
    const { name, ownerId } = this.output;
    return session.kind === "TRANSLATION" && session.settings.output === name && session.ownerId === ownerId;
  }

  /** Turns to a session, unless a newer one is shown. */
  private show(session: SessionRecord | null): void {
    // Of two that started in the same millisecond, the one that is shown stays.
    if (this.wanted && (!session || (session.id !== this.wanted.id && session.createdAt <= this.wanted.createdAt))) return;
    const isOther = session?.id !== this.wanted?.id;
    this.wanted = session;
    if (!isOther) return;
    // Ends the wait for a picture of the session before, which is opened anew if it is wanted again.
    const { watched } = this;
    this.watched = null;
    void watched?.events.return?.();
    this.change.set();
  }

  /** The next event; null when there is another session to look at. */
  private async read(): Promise<OutputEvent | null> {
    if (this.isStale) await this.find();
    if (this.isCleared) {
      this.isCleared = false;
      this.shownId = null;
      return { frame: null };
    }
    const { held } = this;
    this.held = null;
    if (held) return this.shown(held);
    if (this.wanted && !this.watched) await this.watch(this.wanted.id);
    const { watched } = this;
    if (watched) {
      const { done, value } = await watched.events.next();
      if (!done) return value.type === "frame" ? this.shown(value.frame) : null;
      // It has ended, or another one is wanted.
      if (this.watched === watched && !this.closed && !this.isStale) await this.change.wait();
      return null;
    }
    // Nothing comes before a session starts.
    if (!this.closed && !this.isStale && !this.wanted) await this.change.wait();
    return null;
  }

  private shown(frame: SharedFrame): OutputEvent {
    this.shownId = frame.record.sessionId;
    return { frame };
  }

  private async watch(sessionId: string): Promise<void> {
    const { maxFramesPerSecond } = this;
    try {
      const events = await this.parts.broker.watch(sessionId, { afterStep: null, maxFramesPerSecond });
      // Another session may have started while this one was opened.
      if (this.closed || this.isStale || this.wanted?.id !== sessionId) await events.return?.();
      else this.watched = { events };
    } catch (error) {
      // It was deleted meanwhile.
      if (!(error instanceof AtelierError) || error.code !== "NOT_FOUND") throw error;
      this.isStale = true;
    }
  }
}
