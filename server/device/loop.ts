import { setImmediate as nextImmediate } from "node:timers/promises";
import type { Painters } from "../art/painter.js";
import { failureOf } from "./failure.js";
import { LiveTurns } from "./live-turns.js";
import type { HostMessage } from "./messages.js";
import { type Send, SessionTurns, type Turns } from "./session-turns.js";

/** How often a running session is checkpointed, ms. */
export const CHECKPOINT_INTERVAL_MS = 5000;

/** Part of the device's time that stepwise painting keeps while live pictures wait. */
const PAINTING_SHARE = 1 / 5;

/** Beyond this a painting that could not be given its time has lost it, ms: live pictures are not held up for long. */
const MAX_OWED_MS = 500;

export interface LoopOptions {
  /** Of each session; 0 for a checkpoint after every step. */
  checkpointIntervalMs?: number;
  /** Where the cause of a session's failure is written in full; the host is told only what may be shown. */
  log?: (line: string, cause: unknown) => void;
  /** What turns are timed with, ms. */
  clock?: () => number;
}

/** What a loop is told once its engine is open. */
export type LoopMessage = Exclude<HostMessage, { type: "open" }>;

/**
 * Paints any number of sessions on one device, one step of each in rotation, so that all of them evolve. Sessions that
 * wait for acknowledgements are passed over; the failure of one ends that one alone. Live pictures go first, but leave
 * `PAINTING_SHARE` of the time to the others.
 */
export class PaintingLoop {
  /** In order of their turns: the next one first. */
  private rotation: Turns[] = [];
  /** Time that painting has to be given before the next live picture, ms; negative when it had more than its share. */
  private owedMs = 0;
  private stopped = false;
  /** Ends the wait for a message; null while turns are given. */
  private wake: (() => void) | null = null;
  private readonly options: Required<LoopOptions>;

  constructor(
    private readonly painters: Painters,
    private readonly send: Send,
    { checkpointIntervalMs = CHECKPOINT_INTERVAL_MS, log = console.error, clock = () => performance.now() }: LoopOptions = {},
  ) {
    this.options = { checkpointIntervalMs, log, clock };
  }

  /** Takes one message from the host; it has its effect before the next turn. */
  receive(message: LoopMessage): void {
    switch (message.type) {
      case "start":
        this.rotation.push(this.turnsOf(message));
        break;
      case "acknowledge": {
        const session = this.session(message.sessionId);
        if (session instanceof SessionTurns) session.acknowledge();
        break;
      }
      case "translate": {
        const session = this.session(message.sessionId);
        if (session instanceof LiveTurns) session.offer(message);
        break;
      }
      case "steer": {
        const session = this.session(message.sessionId);
        if (session instanceof SessionTurns) session.steer(message);
        break;
      }
      case "pause": {
        const session = this.session(message.sessionId);
        if (session instanceof SessionTurns) session.pause();
        break;
      }
      case "cancel":
        this.session(message.sessionId)?.cancel();
        break;
      case "ping":
        void this.send({ type: "pong" });
        break;
    }
    this.wake?.();
  }

  /** Gives turns until `stop`; then frees all painters. */
  async run(): Promise<void> {
    while (!this.stopped) {
      const session = this.nextRunnable();
      if (session) await this.turn(session);
      else await this.messages();
      await letMessagesIn();
    }
    for (const session of this.rotation) await session.close();
    await this.painters.close();
  }

  stop(): void {
    this.stopped = true;
    this.wake?.();
  }

  private turnsOf({ work, ...start }: Extract<LoopMessage, { type: "start" }>): Turns {
    if (work.kind === "LIVE_TRANSLATION") return new LiveTurns(start.sessionId, work, this.painters, this.send);
    return new SessionTurns({ ...start, work }, this.painters, this.send, this.options);
  }

  private session(id: string): Turns | undefined {
    return this.rotation.find((session) => session.id === id);
  }

  private nextRunnable(): Turns | undefined {
    const live = this.rotation.find((session) => session.live && session.runnable);
    const painted = this.rotation.find((session) => !session.live && session.runnable);
    if (!live || !painted) return live ?? painted;
    return this.owedMs > 0 ? painted : live;
  }

  /** Keeps the account between live pictures and painting. Time that nobody else could want is owed by no one. */
  private account(session: Turns, spentMs: number): void {
    const painting = this.rotation.some(({ live }) => !live);
    // A painting whose frames are still being stored misses its turn, and not its share.
    if (session.live) this.owedMs = painting ? Math.min(MAX_OWED_MS, this.owedMs + (spentMs * PAINTING_SHARE) / (1 - PAINTING_SHARE)) : 0;
    else this.owedMs = Math.max(this.owedMs - spentMs, -spentMs);
  }

  private async turn(session: Turns): Promise<void> {
    // What is still on its way from another's turn would wait as long as computing blocks this thread.
    const last = this.rotation.at(-1);
    if (last !== session) await last?.settled?.();
    this.rotation = [...this.rotation.filter((other) => other !== session), session];
    // Awaited, since computing blocks this thread: what has not left by now would leave only after the step.
    await this.send({ type: "turn", sessionId: session.id });
    let ended: boolean;
    const began = this.options.clock();
    try {
      ended = await session.take();
    } catch (cause) {
      await this.fail(session, cause);
      ended = true;
    }
    this.account(session, this.options.clock() - began);
    if (ended) this.rotation = this.rotation.filter((other) => other !== session);
  }

  private async fail(session: Turns, cause: unknown): Promise<void> {
    const { log } = this.options;
    log(`Session ${session.id} failed:`, cause);
    try {
      await session.close();
    } catch (closing) {
      log(`The painter of session ${session.id} could not be closed:`, closing);
    }
    await this.send({ type: "failed", sessionId: session.id, ...failureOf(cause) });
  }

  private messages(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      if (this.stopped) resolve();
    });
  }
}

/** Two rounds of the event loop: after the first one the second has read whatever lay in the channel. */
async function letMessagesIn(): Promise<void> {
  await nextImmediate();
  await nextImmediate();
}
