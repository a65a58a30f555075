import { setImmediate as nextImmediate } from "node:timers/promises";
import type { PainterFactory } from "../art/painter.js";
import { failureOf } from "./failure.js";
import type { HostMessage } from "./messages.js";
import { type Send, SessionTurns } from "./session-turns.js";

/** How often a running session is checkpointed, ms. */
export const CHECKPOINT_INTERVAL_MS = 5000;

export interface LoopOptions {
  /** Of each session; 0 for a checkpoint after every step. */
  checkpointIntervalMs?: number;
  /** Where the cause of a session's failure is written in full; the host is told only what may be shown. */
  log?: (line: string, cause: unknown) => void;
}

/** What a loop is told once its engine is open. */
export type LoopMessage = Exclude<HostMessage, { type: "open" }>;

/**
 * Paints any number of sessions on one device, one step of each in rotation, so that all of them evolve. Sessions that
 * wait for acknowledgements are passed over; the failure of one ends that one alone.
 */
export class PaintingLoop {
  /** In order of their turns: the next one first. */
  private rotation: SessionTurns[] = [];
  private stopped = false;
  /** Ends the wait for a message; null while turns are given. */
  private wake: (() => void) | null = null;
  private readonly options: Required<LoopOptions>;

  constructor(
    private readonly factory: PainterFactory,
    private readonly send: Send,
    { checkpointIntervalMs = CHECKPOINT_INTERVAL_MS, log = console.error }: LoopOptions = {},
  ) {
    this.options = { checkpointIntervalMs, log };
  }

  /** Takes one message from the host; it has its effect before the next turn. */
  receive(message: LoopMessage): void {
    switch (message.type) {
      case "start":
        this.rotation.push(new SessionTurns(message, this.factory, this.send, this.options));
        break;
      case "acknowledge":
        this.session(message.sessionId)?.acknowledge();
        break;
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
    await this.factory.close();
  }

  stop(): void {
    this.stopped = true;
    this.wake?.();
  }

  private session(id: string): SessionTurns | undefined {
    return this.rotation.find((session) => session.id === id);
  }

  private nextRunnable(): SessionTurns | undefined {
    return this.rotation.find((session) => session.runnable);
  }

  private async turn(session: SessionTurns): Promise<void> {
    this.rotation = [...this.rotation.filter((other) => other !== session), session];
    // Awaited, since computing blocks this thread: what has not left by now would leave only after the step.
    await this.send({ type: "turn", sessionId: session.id });
    let ended: boolean;
    try {
      ended = await session.take();
    } catch (cause) {
      await this.fail(session, cause);
      ended = true;
    }
    if (ended) this.rotation = this.rotation.filter((other) => other !== session);
  }

  private async fail(session: SessionTurns, cause: unknown): Promise<void> {
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
