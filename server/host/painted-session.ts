import { isDeepStrictEqual } from "node:util";
import { publishChange } from "../bus/bus.js";
import type { FrameMessage } from "../device/messages.js";
import { type AtelierError, ClaimLost } from "../errors.js";
import { inForceAt } from "../records/changes.js";
import type { ConvolutionMethod } from "../records/convolutions.js";
import {
  devicesOf,
  type SessionCondition,
  type SessionFailure,
  type StyleTransferRecord,
  type TranslationRecord,
  withDevice,
} from "../records/session.js";
import type { SessionPatch } from "../storage/storage.js";
import type { Departure, SessionSpans } from "../telemetry/session-spans.js";
import { DeathCount, deathFailure } from "./deaths.js";
import type { DeviceExit } from "./exit.js";
import { storeAndPublish } from "./frame-store.js";
import type { DeviceLink, HostSession, SessionMessage, SessionParts } from "./host-session.js";
import { SerialQueue } from "./serial-queue.js";
import { SessionCheckpoints } from "./session-checkpoints.js";
import { type Ending, passingObstacle, publishEnding, storageFailure, storeEnding, storeSuspension } from "./session-ending.js";
import { buildWork, loadChanges, loadStyles } from "./work.js";

/** Limit for the checkpoints of all sessions together, bytes. */
const CHECKPOINT_BYTES = 4e9;

/**
 * A session that is painted step by step, from its claim to its end, over as many lives of the device as it takes. All
 * that it stores and publishes goes through one serial queue, so it happens in the order of arrival.
 */
export class PaintedSession implements HostSession {
  readonly id: string;
  readonly spans: SessionSpans;
  /** True once this host has finished with the session: what its device still sends is dropped. */
  private ended = false;
  /** Called once this host has finished with the session. */
  private settleLeft: (() => void) | null = null;
  /** Last stored step; -1 before the first. */
  private storedStep = -1;
  /** Ordinal of the last change sent to the device. */
  private steeredThrough = 0;
  private link: DeviceLink | null = null;
  /** Whether the device releases the painting because it has grown too large for this host. */
  private isOutgrowing = false;
  private readonly deaths = new DeathCount();
  private readonly checkpoints: SessionCheckpoints;
  private readonly tasks: SerialQueue;

  /** `record` is the session as it was claimed. */
  constructor(
    private record: StyleTransferRecord | TranslationRecord,
    private readonly parts: SessionParts,
  ) {
    const { id } = record;
    this.id = id;
    this.spans = parts.spans;
    this.checkpoints = new SessionCheckpoints(id, parts.storage.checkpoints, parts.spans, (error) => {
      parts.log(`A checkpoint of session ${id} could not be written:`, error);
    });
    this.tasks = new SerialQueue((error) => this.failFor(error));
  }

  get active(): boolean {
    return !this.ended;
  }

  /** Starts from the beginning, or after a restart from the last checkpoint. */
  async start(link: DeviceLink): Promise<boolean> {
    return (await this.tasks.run(async () => !this.ended && this.spans.part("session.prepare", () => this.startOn(link)))) ?? false;
  }

  receive(message: SessionMessage): Promise<void> {
    return this.tasks.run(async () => {
      if (this.ended) return;
      if (message.type === "frame") await this.store(message);
      else if (message.type === "checkpoint") await this.checkpoints.write(message.step, message.bytes);
      else if (message.type === "steered") await this.settle(message.ordinal, message.step);
      else if (message.type === "convolutions") await this.recordConvolutions(message.method);
      else if (message.type === "failed") await this.end({ status: "FAILED", error: { code: message.code, message: message.message } });
      else if (message.type === "paused") await this.rest();
      else if (message.type === "finished") await this.finish();
      else if (message.type === "cancelled") await this.end({ status: "CANCELLED" });
    });
  }

  cancel(): Promise<void> {
    return this.tasks.run(() => this.abandon({ status: "CANCELLED" }));
  }

  complete(): Promise<void> {
    return this.tasks.idle();
  }

  pause(): Promise<void> {
    return this.tasks.run(async () => {
      if (!this.ended) this.link?.send({ type: "pause", sessionId: this.id });
    });
  }

  yield(): Promise<void> {
    return this.tasks.run(async () => {
      if (this.ended || !this.link) return;
      // Read again, because it may have begun only now. Once it has, it is QUEUED only after a pause.
      const stored = await this.parts.storage.sessions.find(this.id);
      if (stored?.status === "QUEUED") this.link?.send({ type: "pause", sessionId: this.id });
    });
  }

  /**
   * Sends waiting changes to the device. Without a device, they take effect when the session starts on the next one. When
   * one of them makes the painting too large for this host, another host goes on from here, with the changes.
   */
  steer(): Promise<void> {
    return this.tasks.run(async () => {
      if (this.ended || this.isOutgrowing || !this.link) return;
      const { storage } = this.parts;
      for (const { ordinal, settings, styles } of await storage.changes.list(this.id, this.steeredThrough)) {
        if (settings.size !== undefined && settings.size > this.parts.maxSize()) {
          this.isOutgrowing = true;
          this.parts.log(`Session ${this.id} grows to ${settings.size} px, which is too large for this worker; another one continues it.`);
          this.link.send({ type: "pause", sessionId: this.id });
          return;
        }
        this.steeredThrough = ordinal;
        this.link.send({ type: "steer", sessionId: this.id, ordinal, settings, styles: styles && (await loadStyles(storage, styles)) });
      }
    });
  }

  fail(failure: SessionFailure): Promise<void> {
    return this.tasks.run(() => this.abandon({ status: "FAILED", error: failure }));
  }

  async handOver(): Promise<void> {
    if (this.ended || !this.link) return;
    const left = new Promise<void>((resolve) => {
      this.settleLeft = resolve;
    });
    await this.pause();
    await left;
    await this.idle();
  }

  async lose(): Promise<boolean> {
    await this.tasks.run(async () => this.drop());
    return this.link !== null;
  }

  died(exit: DeviceExit, blamed: boolean): Promise<void> {
    return this.tasks.run(async () => {
      const device = this.link?.name ?? null;
      this.link = null;
      this.isOutgrowing = false;
      this.spans.died(exit.reason);
      if (this.ended || !blamed || !this.deaths.add(this.storedStep, device)) return;
      await this.end({ status: "FAILED", error: deathFailure(exit) });
    });
  }

  async idle(): Promise<void> {
    await this.tasks.idle();
    await this.checkpoints.settled();
  }

  private async startOn(link: DeviceLink): Promise<boolean> {
    const { storage, bus } = this.parts;
    const [work, startedAt] = await Promise.all([buildWork(this.record, storage, this.parts), this.record.startedAt ?? storage.now()]);
    const next = Math.max(this.storedStep, this.record.step) + 1;
    // Changes from here on are sent to the device: clients that steer notify this session, which handles that after it
    // has sent the start.
    const steered = await storage.changes.settle(this.id, next);
    if (steered) await publishChange(bus, steered);
    const devices = withDevice(devicesOf(this.record), link.name, next);
    const running: SessionPatch = { status: "RUNNING", startedAt, device: link.name, devices };
    const session = await storage.sessions.update(this.id, running, ["QUEUED", "RUNNING"], this.sizeCondition());
    if (session === null) {
      // It was paused, cancelled or deleted before it began, or has grown: the queue gives it to a worker that it fits.
      this.leave("NOT_STARTED");
      return false;
    }
    const [changes, checkpoint] = await Promise.all([
      work.kind === "STYLE_TRANSFER" ? loadChanges(storage, this.id) : [],
      this.checkpoints.read(session.step),
      // Also when it went on before: the worker that had it may have died before it said so, or had another device.
      publishChange(bus, session),
    ]);
    this.record = session;
    this.storedStep = session.step;
    if (work.kind === "STYLE_TRANSFER") {
      work.changes.push(...changes);
      // The record that the work was built from may be older than the first stored picture.
      work.begun = session.step >= 0;
    }
    this.link = link;
    link.send({ type: "start", sessionId: this.id, work, checkpoint, storedThrough: session.step });
    this.spans.sent(link.name, session.step);
    return true;
  }

  /** Lets no painting begin here that has grown too large since it was claimed. */
  private sizeCondition(): SessionCondition {
    const maxSize = this.parts.maxSize();
    return Number.isFinite(maxSize) ? { maxSize } : {};
  }

  private async store(message: FrameMessage): Promise<void> {
    if (message.step > this.storedStep) {
      if (!(await this.spans.frame(message, () => storeAndPublish(message, this.parts.storage, this.parts.bus)))) {
        this.leave("DELETED");
        this.release();
        // A checkpoint that is being written would bring the session's folder back.
        await this.checkpoints.settled();
        return this.parts.storage.checkpoints.delete(this.id);
      }
      this.storedStep = message.step;
      await this.parts.frameRetention.stored(this.id, message.picture.byteLength, this.parts.storage);
    }
    this.link?.send({ type: "acknowledge", sessionId: this.id, step: message.step });
  }

  /**
   * Suspends the session when nothing can be read or stored now; otherwise fails it, because of data that could not be read or
   * stored. The device releases it.
   */
  private async failFor(cause: unknown): Promise<void> {
    if (cause instanceof ClaimLost) return this.drop();
    const obstacle = passingObstacle(cause);
    if (obstacle) return this.suspend(obstacle);
    this.parts.log(`Session ${this.id} cannot continue:`, cause);
    await this.abandon({ status: "FAILED", error: storageFailure(cause) });
  }

  /** Pauses the session with the error until its host, or a user, resumes it. */
  private async suspend(cause: AtelierError): Promise<void> {
    if (this.ended) return;
    this.parts.log(`Session ${this.id} is paused:`, cause);
    this.leave("SUSPENDED", cause.code);
    this.release();
    const { code, message } = cause;
    const session = await storeSuspension(this.id, { code, message }, this.parts);
    await this.checkpoints.settled();
    if (!session) return;
    this.parts.suspended();
    await publishEnding(session, this.parts);
  }

  private drop(): void {
    if (this.ended) return;
    this.leave("LOST");
    this.release();
  }

  /** Finishes with the session on this host. */
  private leave(departure: Departure, error?: string): void {
    this.ended = true;
    this.spans.departs(departure, error);
    this.settleLeft?.();
  }

  private async abandon(ending: Ending): Promise<void> {
    if (this.ended) return;
    this.release();
    await this.end(ending);
  }

  private release(): void {
    this.link?.send({ type: "cancel", sessionId: this.id });
  }

  /** Records the step at which the device has applied a change. */
  private async settle(ordinal: number, step: number): Promise<void> {
    const { storage, bus } = this.parts;
    const session = await storage.changes.settle(this.id, step, ordinal);
    this.spans.event("change in force", { "atelier.step": step });
    if (session) await publishChange(bus, session);
  }

  /** Corrects the method that branches and replays keep. */
  private async recordConvolutions(convolutions: ConvolutionMethod): Promise<void> {
    if (this.record.kind !== "STYLE_TRANSFER") return;
    this.record = { ...this.record, initial: { ...this.record.initial, convolutions } };
    await this.parts.storage.sessions.update(this.id, { initial: this.record.initial });
  }

  /** Leaves a session whose state was sent: it is paused until it is resumed, or handed over to another host. */
  private async rest(): Promise<void> {
    this.leave(this.settleLeft ? "INTERRUPTED" : "PAUSED");
    await this.checkpoints.settled();
  }

  /**
   * Completes the session. The record gets the number of steps that were painted, and the size of the last picture: a
   * change may have come too late to have any effect.
   */
  private async finish(): Promise<void> {
    const { storage } = this.parts;
    const session = await storage.sessions.find(this.id);
    if (session?.kind !== "STYLE_TRANSFER") return this.end({ status: "COMPLETED" });
    const { size } = inForceAt(session.initial, await storage.changes.list(this.id), this.storedStep).settings;
    const settings = { ...session.settings, steps: this.storedStep, size };
    await this.end({ status: "COMPLETED" }, isDeepStrictEqual(settings, session.settings) ? {} : { settings });
  }

  private async end(ending: Ending, also: SessionPatch = {}): Promise<void> {
    this.leave(ending.status, ending.status === "FAILED" ? ending.error.code : undefined);
    await this.spans.part("session.end", async () => {
      const session = await storeEnding(this.id, ending, this.parts, also);
      // Published before the trim, so that viewers hear of the end even if this process dies during it.
      if (session) await publishEnding(session, this.parts);
      await this.trimCheckpoints();
    });
  }

  /** Deletes old checkpoints beyond the limit. The others stay, so that branches begin quickly. */
  private async trimCheckpoints(): Promise<void> {
    try {
      await this.checkpoints.settled();
      await this.parts.storage.checkpoints.trim(CHECKPOINT_BYTES);
    } catch (error) {
      this.parts.log(`The checkpoints of session ${this.id} could not be trimmed:`, error);
    }
  }
}
