import { CheckpointError } from "../art/checkpoint-error.js";
import type { Painter, PainterFactory, Painting } from "../art/painter.js";
import type { PaintedWork } from "../art/work.js";
import { encodeFrame } from "./encode.js";
import { type DeviceMessage, type HostMessage, MAX_UNACKNOWLEDGED } from "./messages.js";

/** The start of a session that is painted step by step. */
export type StartMessage = Extract<HostMessage, { type: "start" }> & { work: PaintedWork };

type SteerMessage = Extract<HostMessage, { type: "steer" }>;

/** Sends a message to the host; resolves once it has left this process. */
export type Send = (message: DeviceMessage) => Promise<void>;

/**
 * Steps shorter than this are encoded while the next one is computed, ms. A computing engine blocks this thread, so an
 * overlapped frame leaves one step late: nobody sees that for a fast step, and for a slow one the few milliseconds of
 * encoding are not worth it.
 */
const OVERLAP_BELOW_MS = 150;

/** A checkpoint may take at most this share of the time between two of them. */
const MAX_CHECKPOINT_SHARE = 1 / 50;

/** Time until a session's first checkpoint in a life of the device, ms; it doubles up to the interval. */
const FIRST_CHECKPOINT_MS = 500;

export interface TurnOptions {
  /** 0 for a checkpoint after every step. */
  checkpointIntervalMs: number;
  /** Told of what went wrong in full. */
  log: (line: string, cause: unknown) => void;
}

/** A session within the device process, as the loop sees it. */
export interface Turns {
  readonly id: string;
  /** Whether somebody waits for each picture: such turns go before others. */
  readonly live: boolean;
  /** Whether a turn would do anything now. */
  readonly runnable: boolean;
  cancel(): void;
  /** Does what is to be done next; true when that was the session's last turn. @throws whatever made the session fail. */
  take(): Promise<boolean>;
  /** Resolves when nothing of its last turn goes on beside the turns. */
  settled?(): Promise<void>;
  /** Frees what it holds. */
  close(): Promise<void>;
}

/** A session that is painted step by step: paints one when it is given a turn, and delivers it. */
export class SessionTurns implements Turns {
  readonly live = false;
  readonly id: string;
  private painter: Painter | null = null;
  private readonly storedThrough: number;
  private unacknowledged = 0;
  private cancelled = false;
  private paused = false;
  /** Whether the painter gave a picture, so that there is something to checkpoint. */
  private painted = false;
  private delivery: Promise<void> = Promise.resolve();
  private deliveryError: { cause: unknown } | null = null;
  private lastCheckpoint = performance.now();
  private checkpointCostMs = 0;
  private checkpointsTaken = 0;

  constructor(
    private readonly start: StartMessage,
    private readonly factory: PainterFactory,
    private readonly send: Send,
    private readonly options: TurnOptions,
  ) {
    this.id = start.sessionId;
    this.storedThrough = start.storedThrough;
  }

  get runnable(): boolean {
    return this.cancelled || this.paused || this.deliveryError !== null || this.unacknowledged < MAX_UNACKNOWLEDGED;
  }

  acknowledge(): void {
    this.unacknowledged = Math.max(0, this.unacknowledged - 1);
  }

  cancel(): void {
    this.cancelled = true;
  }

  pause(): void {
    this.paused = true;
  }

  /** Changes what is painted from the next picture on, and tells which one that is. History is never changed. */
  steer({ ordinal, settings, styles }: SteerMessage): void {
    let change = { step: this.storedThrough + 1, settings, styles };
    if (this.painter?.steer) change = { ...change, step: this.painter.steer(change) };
    else if (this.start.work.kind === "STYLE_TRANSFER") this.start.work.changes.push(change);
    void this.send({ type: "steered", sessionId: this.id, ordinal, step: change.step });
  }

  /** Paints one step, or a part of one. */
  async take(): Promise<boolean> {
    if (this.cancelled) return this.end("cancelled");
    if (this.paused) return this.endPaused();
    this.painter ??= await this.open();
    const painting = await this.painter.paint();
    if (!painting) return false;
    this.painted = true;
    await this.deliveredOrThrow();
    const checkpoint = this.takeCheckpoint(this.painter, painting);
    this.deliver(painting, checkpoint);
    if (painting.last || painting.computeMs >= OVERLAP_BELOW_MS) await this.deliveredOrThrow();
    return painting.last ? this.end("finished") : false;
  }

  async close(): Promise<void> {
    await this.delivery;
    await this.painter?.close();
    this.painter = null;
  }

  /** From the checkpoint, or from step 0 when that cannot be used, such as one that another version left behind. */
  private async open(): Promise<Painter> {
    const { work, checkpoint } = this.start;
    try {
      return await this.factory.open(work, checkpoint);
    } catch (cause) {
      if (!(cause instanceof CheckpointError)) throw cause;
      this.options.log(`Session ${this.id} begins again, since its checkpoint cannot be used:`, cause);
      return this.factory.open(work, null);
    }
  }

  private async endPaused(): Promise<true> {
    await this.deliveredOrThrow();
    if (this.painted && this.painter) await this.sendCheckpoint(this.painter.nextStep - 1, this.painter.checkpoint());
    return this.end("paused");
  }

  private async end(type: "cancelled" | "finished" | "paused"): Promise<true> {
    await this.close();
    await this.send({ type, sessionId: this.id });
    return true;
  }

  /** Starts to encode and send; at most one delivery is under way. Stored steps are not sent again, their checkpoints are. */
  private deliver(painting: Painting, checkpoint: Uint8Array | null): void {
    const encoding = painting.step > this.storedThrough ? encodeFrame(painting.planes, painting.last) : null;
    if (encoding) this.unacknowledged++;
    const send = async () => {
      if (encoding) {
        const { bytes: picture, mimeType } = await encoding;
        const { step, losses, computeMs } = painting;
        const { width, height } = painting.planes;
        await this.send({ type: "frame", sessionId: this.id, step, picture, mimeType, width, height, losses, computeMs });
      }
      if (checkpoint) await this.sendCheckpoint(painting.step, checkpoint);
    };
    this.delivery = send().catch((cause: unknown) => {
      this.deliveryError = { cause };
    });
  }

  private async deliveredOrThrow(): Promise<void> {
    await this.delivery;
    if (this.deliveryError) throw this.deliveryError.cause;
  }

  /** A checkpoint when one is due, else null: at the interval, or more rarely where one takes long. */
  private takeCheckpoint(painter: Painter, painting: Painting): Uint8Array | null {
    const now = performance.now();
    if (painting.last || now - this.lastCheckpoint < this.checkpointPause) return null;
    const bytes = painter.checkpoint();
    this.checkpointCostMs = performance.now() - now;
    this.lastCheckpoint = now;
    this.checkpointsTaken++;
    return bytes;
  }

  private get checkpointPause(): number {
    const { checkpointIntervalMs } = this.options;
    if (checkpointIntervalMs === 0) return 0;
    // Often at first: a device that dies again and again still gets on.
    const interval = Math.min(checkpointIntervalMs, FIRST_CHECKPOINT_MS * 2 ** this.checkpointsTaken);
    return Math.max(interval, this.checkpointCostMs / MAX_CHECKPOINT_SHARE);
  }

  private async sendCheckpoint(step: number, bytes: Uint8Array): Promise<void> {
    const began = performance.now();
    await this.send({ type: "checkpoint", sessionId: this.id, step, bytes });
    this.checkpointCostMs += performance.now() - began;
  }
}
