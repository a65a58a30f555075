import type { Mailbox, ViewerEvent } from "./mailbox.js";
import type { Replay } from "./replay.js";

/**
 * The events that one viewer of a session reads: opening events, then frames replayed from storage, then live events.
 * When the bus has lost messages, a viewer that replays reads on from storage; others get the newest frame.
 *
 * `next` and `return` are written by hand: an async generator that waits for a frame ignores `return()` until the next
 * frame comes, so viewers of a finished session would never leave.
 */
export class Viewer implements AsyncIterableIterator<ViewerEvent> {
  private closed = false;
  private turn: Promise<unknown> = Promise.resolve();
  /** Step after which storage held no frame when it was last read. */
  private exhaustedAt: number | null = null;

  /**
   * `replayAfter` reads on from storage, after a step; null for a viewer of the latest frames alone. `leave` is called once,
   * when the viewer leaves or everything was delivered.
   */
  constructor(
    private readonly mailbox: Mailbox,
    private readonly opening: ViewerEvent[],
    private replay: Replay | null,
    private readonly replayAfter: ((step: number) => Replay) | null,
    private readonly leave: () => Promise<void>,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<ViewerEvent>> {
    // One at a time: a second call waits for the first one's result.
    const result = this.turn.then(() => this.pull());
    this.turn = result.catch(() => undefined);
    return result;
  }

  async return(): Promise<IteratorResult<ViewerEvent>> {
    await this.close();
    return { done: true, value: undefined };
  }

  private async pull(): Promise<IteratorResult<ViewerEvent>> {
    try {
      while (!this.closed) {
        const event = await this.read();
        if (this.closed || this.mailbox.isDeleted) break;
        if (event) return { done: false, value: event };
        if (this.mailbox.exhausted) break;
        await this.mailbox.arrival.wait(this.mailbox.frameDueIn(performance.now()));
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    return this.return();
  }

  private async read(): Promise<ViewerEvent | null> {
    return this.opening.shift() ?? (await this.readReplay()) ?? this.mailbox.take(performance.now());
  }

  private async readReplay(): Promise<ViewerEvent | null> {
    for (;;) {
      if (this.mailbox.takeLoss()) this.readOn();
      if (!this.replay) return null;
      const event = await this.replay.next();
      if (event) return event;
      const { lastStep, lagging } = this.replay;
      this.mailbox.skipThrough(lastStep);
      // If the waiting frame is not the next one, others were stored since storage was read. It is read again, unless
      // that was tried before, so that no gap is left. A viewer that lags gets the newest frame.
      const isNext = (this.mailbox.pendingStep ?? lastStep) <= lastStep + 1;
      if (lagging || isNext || this.exhaustedAt === lastStep) this.replay = null;
      this.exhaustedAt = lastStep;
    }
  }

  /** Reads frames from storage that the bus has lost. */
  private readOn(): void {
    this.exhaustedAt = null;
    if (this.replayAfter) this.replay ??= this.replayAfter(this.mailbox.deliveredStep);
  }

  private async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.mailbox.arrival.set();
    await this.leave();
  }
}
