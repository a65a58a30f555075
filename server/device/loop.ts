import { setImmediate as nextImmediate } from "node:timers/promises";
import type { Painters } from "../art/painter.js";
import type { AtelierError } from "../errors.js";
import type { DeviceSession, Send } from "./device-session.js";
import type { DeviceWatch } from "./device-watch.js";
import { LiveDeviceSession } from "./live-device-session.js";
import { failureOf, type HostMessage } from "./messages.js";
import { PaintedDeviceSession } from "./painted-device-session.js";

/** How often a running session is checkpointed, ms. */
export const CHECKPOINT_INTERVAL_MS = 5000;

/** Share of the device's time that painted sessions keep while live pictures wait. */
const PAINTING_SHARE = 1 / 5;

/** Most time that painted sessions can be owed, ms. The rest is forgotten, so live pictures never wait long. */
const MAX_OWED_MS = 500;

export interface LoopOptions {
  /** Time between two checkpoints of a session, ms; 0 for a checkpoint after every step. */
  checkpointIntervalMs?: number;
  /** Writes the full cause of a session's failure to the log; the host receives only what may be shown. */
  log?: (line: string, cause: unknown) => void;
  /** Clock that times the turns, ms. */
  clock?: () => number;
  /**
   * Finds faults of the device, after which this process ends: the host restarts it, perhaps with another device, and all
   * its sessions continue from their checkpoints. Without it each session fails alone.
   */
  watch?: DeviceWatch | null;
  /** Ends this process. */
  exit?: () => void;
}

/** The messages that a loop receives once its engine is open. */
export type LoopMessage = Exclude<HostMessage, { type: "open" }>;

/**
 * Paints any number of sessions on one device, one step of each in rotation, so that all of them evolve. Sessions that
 * wait for acknowledgements are passed over. A session that fails ends alone. Live sessions go first, but leave
 * `PAINTING_SHARE` of the time to painted ones.
 */
export class PaintingLoop {
  /** All sessions in the order of their turns, the next one first. */
  private rotation: DeviceSession[] = [];
  /** Time that painted sessions get before the next live picture, ms; negative when they had more than their share. */
  private owedMs = 0;
  private stopped = false;
  /** Ends the wait for a message; null until the loop first waits. */
  private wake: (() => void) | null = null;
  private readonly options: Required<LoopOptions>;

  constructor(
    private readonly painters: Painters,
    private readonly send: Send,
    {
      checkpointIntervalMs = CHECKPOINT_INTERVAL_MS,
      log = console.error,
      clock = () => performance.now(),
      watch = null,
      exit = () => process.exit(1),
    }: LoopOptions = {},
  ) {
    this.options = { checkpointIntervalMs, log, clock, watch, exit };
  }

  /** Handles one message of the host before the next turn. Ignores messages for sessions that have ended. */
  receive(message: LoopMessage): void {
    switch (message.type) {
      case "start":
        this.rotation.push(this.createSession(message));
        break;
      case "ping":
        void this.send({ type: "pong" });
        break;
      default:
        this.rotation.find(({ id }) => id === message.sessionId)?.receive(message);
    }
    this.wake?.();
  }

  /** Runs turns until `stop`, then closes all sessions and painters. */
  async run(): Promise<void> {
    while (!this.stopped) {
      const session = this.nextRunnable();
      if (session) await this.runTurn(session);
      else await this.nextMessage();
      await readPendingMessages();
    }
    for (const session of this.rotation) await session.close();
    await this.painters.close();
  }

  stop(): void {
    this.stopped = true;
    this.wake?.();
  }

  private createSession({ work, ...start }: Extract<LoopMessage, { type: "start" }>): DeviceSession {
    if (work.kind === "LIVE_TRANSLATION") return new LiveDeviceSession(start.sessionId, work, this.painters, this.send);
    return new PaintedDeviceSession({ ...start, work }, this.painters, this.send, this.options);
  }

  private nextRunnable(): DeviceSession | undefined {
    const live = this.rotation.find((session) => session.live && session.runnable);
    const painted = this.rotation.find((session) => !session.live && session.runnable);
    if (!live || !painted) return live ?? painted;
    return this.owedMs > 0 ? painted : live;
  }

  /** Counts a turn's time towards the shares. Live turns owe nothing while there are no painted sessions. */
  private account(session: DeviceSession, spentMs: number): void {
    const hasPainted = this.rotation.some(({ live }) => !live);
    // A painted session whose frames are still being stored misses its turn, but keeps its share.
    if (!session.live) this.owedMs = Math.max(this.owedMs - spentMs, -spentMs);
    else if (hasPainted) this.owedMs = Math.min(MAX_OWED_MS, this.owedMs + (spentMs * PAINTING_SHARE) / (1 - PAINTING_SHARE));
    else this.owedMs = 0;
  }

  private async runTurn(session: DeviceSession): Promise<void> {
    // Computing blocks this thread: what the previous session is still sending would wait for the end of this turn.
    const last = this.rotation.at(-1);
    if (last !== session) await last?.settled?.();
    this.rotation = [...this.rotation.filter((other) => other !== session), session];
    // Awaited, because computing blocks this thread: what is not sent by now would be sent only after the step.
    await this.send({ type: "turn", sessionId: session.id });
    const { watch, clock } = this.options;
    let ended: boolean;
    const began = clock();
    try {
      ended = await session.runTurn();
    } catch (cause) {
      this.options.log(`Session ${session.id} failed:`, cause);
      await this.closeFailed(session);
      const fault = await watch?.faultBehind(cause);
      if (fault) return this.giveUp(session, fault);
      await this.send({ type: "failed", sessionId: session.id, ...failureOf(cause) });
      ended = true;
    }
    this.account(session, clock() - began);
    if (ended) this.rotation = this.rotation.filter((other) => other !== session);
    // A live picture would be late for a test.
    else if (!session.live) {
      const fault = await watch?.faultNow();
      if (fault) await this.giveUp(session, fault);
    }
  }

  /** Ends this process because of its device. */
  private async giveUp(session: DeviceSession, fault: AtelierError): Promise<void> {
    this.options.log(`The device failed in session ${session.id}:`, fault);
    this.stopped = true;
    await this.send({ type: "failed", sessionId: null, ...failureOf(fault) });
    this.options.exit();
  }

  private async closeFailed(session: DeviceSession): Promise<void> {
    try {
      await session.close();
    } catch (closing) {
      this.options.log(`The painter of session ${session.id} could not be closed:`, closing);
    }
  }

  private nextMessage(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      if (this.stopped) resolve();
    });
  }
}

/** Runs the event loop twice, so that it reads every message that lies in the channel. */
async function readPendingMessages(): Promise<void> {
  await nextImmediate();
  await nextImmediate();
}
