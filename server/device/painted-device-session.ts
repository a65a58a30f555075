import { CheckpointError, type PaintedStep, type Painter, type PainterFactory } from "../art/painter.js";
import type { PaintedWork } from "../art/work.js";
import type { DeviceSession, Send, SessionCommand } from "./device-session.js";
import { encodeFrame } from "./encode.js";
import { type HostMessage, MAX_UNACKNOWLEDGED } from "./messages.js";

/** The start of a session that is painted step by step. */
export type PaintedStart = Extract<HostMessage, { type: "start" }> & { work: PaintedWork };

type SteerCommand = Extract<SessionCommand, { type: "steer" }>;

/**
 * Steps shorter than this are encoded while the next one is computed, ms. A computing engine blocks this thread, so an
 * overlapped frame leaves one step late. That is not noticeable for a fast step; for a slow one it would cost more than
 * the few milliseconds of encoding that it saves.
 */
const OVERLAP_BELOW_MS = 150;

/** Checkpoints may take at most this share of the time between two of them. */
const MAX_CHECKPOINT_SHARE = 1 / 50;

/** Time until the first checkpoint after a session's start on this device, ms; it doubles up to the interval. */
const FIRST_CHECKPOINT_MS = 500;

export interface PaintedDeviceSessionOptions {
  /** Time between two checkpoints, ms; 0 for a checkpoint after every step. */
  checkpointIntervalMs: number;
  /** Writes the full cause of a failure to the log. */
  log: (line: string, cause: unknown) => void;
}

/** A session that is painted step by step: each turn paints one step, or a part of one, and delivers it. */
export class PaintedDeviceSession implements DeviceSession {
  readonly live = false;
  readonly id: string;
  private painter: Painter | null = null;
  private readonly storedThrough: number;
  private unacknowledged = 0;
  private cancelled = false;
  private paused = false;
  /** Whether the painter has painted a picture, so that there is something to checkpoint. */
  private painted = false;
  private delivery: Promise<void> = Promise.resolve();
  private deliveryError: { cause: unknown } | null = null;
  private lastCheckpoint = performance.now();
  private checkpointCostMs = 0;
  private checkpointsTaken = 0;

  constructor(
    private readonly start: PaintedStart,
    private readonly factory: PainterFactory,
    private readonly send: Send,
    private readonly options: PaintedDeviceSessionOptions,
  ) {
    this.id = start.sessionId;
    this.storedThrough = start.storedThrough;
  }

  get runnable(): boolean {
    return this.cancelled || this.paused || this.deliveryError !== null || this.unacknowledged < MAX_UNACKNOWLEDGED;
  }

  receive(command: SessionCommand): void {
    switch (command.type) {
      case "acknowledge":
        this.unacknowledged = Math.max(0, this.unacknowledged - 1);
        break;
      case "steer":
        this.steer(command);
        break;
      case "pause":
        this.paused = true;
        break;
      case "cancel":
        this.cancelled = true;
        break;
      case "translate":
        // Only live translations receive pictures.
        break;
    }
  }

  async runTurn(): Promise<boolean> {
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

  /** Changes what is painted from the next picture on, and reports which picture that is. History is never changed. */
  private steer({ ordinal, settings, styles }: SteerCommand): void {
    let change = { step: this.storedThrough + 1, settings, styles };
    if (this.painter?.steer) change = { ...change, step: this.painter.steer(change) };
    else if (this.start.work.kind === "STYLE_TRANSFER") this.start.work.changes.push(change);
    void this.send({ type: "steered", sessionId: this.id, ordinal, step: change.step });
  }

  /** Opens the painter at the checkpoint, or at step 0 where that cannot be used, as after a change of version. */
  private async open(): Promise<Painter> {
    const { work, checkpoint } = this.start;
    let painter: Painter;
    try {
      painter = await this.factory.open(work, checkpoint);
    } catch (cause) {
      if (!(cause instanceof CheckpointError)) throw cause;
      this.options.log(`Session ${this.id} starts again from step 0, because its checkpoint cannot be used:`, cause);
      painter = await this.factory.open(work, null);
    }
    this.reportConvolutions(painter);
    return painter;
  }

  /** Says when a painting begins with another method than its work asks for. Later the method does not change. */
  private reportConvolutions({ convolutions: method, isShortOfMemory }: Painter): void {
    const { work } = this.start;
    if (work.kind !== "STYLE_TRANSFER" || work.begun || method === undefined) return;
    const { convolutions: asked = "DIRECT" } = work;
    if (method === asked) return;
    const why = "The weights of the faster method would take more than an eighth of this machine's memory.";
    if (isShortOfMemory) this.options.log(`Session ${this.id} computes its convolutions by the method ${method}, not ${asked}.`, why);
    void this.send({ type: "convolutions", sessionId: this.id, method });
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

  /**
   * Starts to encode and send a picture; at most one delivery is under way. Steps that the host has stored are not sent
   * again, but their checkpoints are.
   */
  private deliver(painting: PaintedStep, checkpoint: Uint8Array | null): void {
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

  /**
   * Returns a checkpoint if one is due: at the interval, or less often where checkpoints are slow. The last picture has
   * one too, from which a branch goes on at once.
   */
  private takeCheckpoint(painter: Painter, painting: PaintedStep): Uint8Array | null {
    const now = performance.now();
    const isBranchable = this.start.work.kind === "STYLE_TRANSFER";
    if (painting.last ? !isBranchable : now - this.lastCheckpoint < this.checkpointPause) return null;
    const bytes = painter.checkpoint();
    this.checkpointCostMs = performance.now() - now;
    this.lastCheckpoint = now;
    this.checkpointsTaken++;
    return bytes;
  }

  private get checkpointPause(): number {
    const { checkpointIntervalMs } = this.options;
    if (checkpointIntervalMs === 0) return 0;
    // Checkpoints are frequent at first, so that a session makes progress even on a device that dies again and again.
    const interval = Math.min(checkpointIntervalMs, FIRST_CHECKPOINT_MS * 2 ** this.checkpointsTaken);
    return Math.max(interval, this.checkpointCostMs / MAX_CHECKPOINT_SHARE);
  }

  private async sendCheckpoint(step: number, bytes: Uint8Array): Promise<void> {
    const began = performance.now();
    await this.send({ type: "checkpoint", sessionId: this.id, step, bytes });
    this.checkpointCostMs += performance.now() - began;
  }
}
