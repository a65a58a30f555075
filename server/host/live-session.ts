import { createHash } from "node:crypto";
import { type LiveMessage, publishChange } from "../bus/bus.js";
import type { FrameMessage } from "../device/messages.js";
import { StorageUnavailable } from "../errors.js";
import { limitTable } from "../limits/table.js";
import { isLive, type SessionFailure, type TranslationRecord, withDevice } from "../records/session.js";
import { keepLastFrame, type LiveResult } from "../sessions/live/last-frame.js";
import type { Departure, SessionSpans } from "../telemetry/session-spans.js";
import { DeathCount, deathFailure } from "./deaths.js";
import type { DeviceExit } from "./exit.js";
import type { DeviceLink, HostSession, SessionMessage, SessionParts } from "./host-session.js";
import { SerialQueue } from "./serial-queue.js";
import { type Ending, pastObstacles, publishEnding, storageFailure, storeEnding } from "./session-ending.js";
import { liveWork } from "./work.js";

/** How long a live translation continues without a frame from its client, ms. */
export const LIVE_GRACE_MS = limitTable.liveIdleMs.value;

/** Least time between two updates of the stored counts, ms. */
const COUNTS_INTERVAL_MS = 2000;

/** Least time between two pictures that are stored of a translation with an output, ms: the output holds them after a restart. */
const KEEP_INTERVAL_MS = 5000;

/** Frames that a client may have at the host: one on the device, one waiting. */
const FULL_CREDIT = 2;

type Offer = Extract<LiveMessage, { type: "offer" }>;

/** A frame of the client at the host. */
interface LiveFrame {
  step: number;
  picture: Uint8Array;
  /** Whether a device has begun to translate it, and the client knows. */
  begun: boolean;
  /** Whether its device died, so that it is tried a second time. */
  isSecondTry: boolean;
  /** Whether the client knows that the device opens the model first. */
  awaitsModel: boolean;
}

/**
 * A live translation on this host: one frame is on the device, and one waits, which a newer frame replaces. Results go
 * to the ring of recent frames and to the viewers; at the end the newest result is stored for good as the session's
 * picture. The session completes when no frame arrives for the grace time.
 */
export class LiveSession implements HostSession {
  readonly id: string;
  readonly spans: SessionSpans;
  private ended = false;
  private link: DeviceLink | null = null;
  private unsubscribe: (() => Promise<void>) | null = null;
  private deviceFree = false;
  /** Whether the device has opened the model. */
  private isOpen = false;
  private onDevice: LiveFrame | null = null;
  private waiting: LiveFrame | null = null;
  private translated: number;
  private dropped: number;
  private countsTimer: NodeJS.Timeout | null = null;
  private keepTimer: NodeJS.Timeout | null = null;
  /** The newest result, which Redis may have lost when it is to be stored. */
  private newest: LiveResult | null = null;
  /** The newest frame that was offered. */
  private offeredStep = -1;
  private grace: NodeJS.Timeout | null = null;
  private readonly deaths = new DeathCount();
  private readonly tasks: SerialQueue;

  /** A property, so that the listener can be removed. */
  private readonly stopTimers = (): void => {
    clearTimeout(this.grace ?? undefined);
    clearTimeout(this.countsTimer ?? undefined);
    clearTimeout(this.keepTimer ?? undefined);
    this.grace = null;
    this.countsTimer = null;
    this.keepTimer = null;
  };

  /** `record` is the session as it was claimed. */
  constructor(
    private record: TranslationRecord,
    private readonly parts: SessionParts,
    private readonly graceMs: number,
    private readonly keepIntervalMs = KEEP_INTERVAL_MS,
  ) {
    this.id = record.id;
    this.translated = record.framesTranslated;
    this.dropped = record.framesDropped;
    this.spans = parts.spans;
    this.tasks = new SerialQueue((error) => this.failFor(error));
    parts.closing.addEventListener("abort", this.stopTimers, { once: true });
  }

  get active(): boolean {
    return !this.ended;
  }

  async start(link: DeviceLink): Promise<boolean> {
    return (await this.tasks.run(async () => !this.ended && this.startSoon(link))) ?? false;
  }

  /** Bypasses the serial queue, except to end the session: a frame must not wait. */
  async receive(message: SessionMessage): Promise<void> {
    if (this.ended) return;
    if (message.type === "free") {
      this.deviceFree = true;
      this.isOpen = true;
      this.feedDevice();
    } else if (message.type === "begun") {
      if (!this.onDevice?.begun) this.reply({ type: "receipt", step: message.step, status: "ACCEPTED", credit: this.credit });
      if (this.onDevice) this.onDevice.begun = true;
    } else if (message.type === "rejected") {
      this.onDevice = null;
      this.reply({ type: "refused", step: message.step, code: message.code, message: message.message });
    } else if (message.type === "frame") {
      await this.deliver(message);
    } else if (message.type === "failed") {
      await this.fail({ code: message.code, message: message.message });
    }
  }

  cancel(): Promise<void> {
    return this.finish({ status: "CANCELLED" });
  }

  complete(): Promise<void> {
    return this.finish({ status: "COMPLETED" });
  }

  /** Live translations are never PAUSED: a client pauses by sending nothing. */
  pause(): Promise<void> {
    return this.idle();
  }

  /** Live translations are never paused, so none is QUEUED again. */
  yield(): Promise<void> {
    return this.idle();
  }

  /** Live translations have no settings to steer. */
  steer(): Promise<void> {
    return this.idle();
  }

  fail(failure: SessionFailure): Promise<void> {
    return this.finish({ status: "FAILED", error: failure });
  }

  died(exit: DeviceExit, blamed: boolean): Promise<void> {
    // The device opens the session or translates a frame of it.
    const isBusy = !this.deviceFree;
    const device = this.link?.name ?? null;
    this.link = null;
    this.spans.died(exit.reason);
    this.deviceFree = false;
    this.isOpen = false;
    const frame = this.onDevice;
    this.onDevice = null;
    // A frame that kills each device is tried twice, so that the session survives it.
    if (frame && !frame.isSecondTry && !this.waiting) this.waiting = { ...frame, isSecondTry: true };
    else if (frame) this.drop(frame);
    this.announceOpening();
    if (blamed && isBusy && this.deaths.add(this.translated, device)) return this.finish({ status: "FAILED", error: deathFailure(exit) });
    return this.idle();
  }

  idle(): Promise<void> {
    return this.tasks.idle();
  }

  /** It has no state: the next host takes the next frame. */
  async handOver(): Promise<void> {
    await this.lose();
  }

  async lose(): Promise<boolean> {
    await this.tasks.run(async () => {
      if (!this.ended) await this.leave("LOST");
    });
    return this.link !== null;
  }

  private get credit(): number {
    return FULL_CREDIT - (this.onDevice ? 1 : 0) - (this.waiting ? 1 : 0);
  }

  private async startSoon(link: DeviceLink): Promise<boolean> {
    const isStarted = await pastObstacles(() => this.startOn(link), `Session ${this.id} cannot begin yet:`, this.parts);
    if (isStarted === null) await this.leave("LOST");
    return isStarted ?? false;
  }

  private async startOn(link: DeviceLink): Promise<boolean> {
    const { storage, bus } = this.parts;
    const work = await liveWork(this.record, this.parts);
    const isTakenOver = this.unsubscribe === null && this.record.status === "RUNNING";
    // What the host before has shown is not shown again, and what it still sends is not kept.
    if (isTakenOver) await storage.recentFrames.fence(this.id);
    const shown = isTakenOver ? ((await storage.recentFrames.latest(this.id)) ?? (await storage.frames.latest(this.id))) : null;
    if (shown) this.offeredStep = shown.step;
    // Subscribed before RUNNING is published, after which clients offer frames.
    this.unsubscribe ??= await bus.subscribe(
      `live:${this.id}`,
      (message) => {
        if (message.type === "offer") this.take(message);
      },
      () => this.missedOffers(),
    );
    const { startedAt, devices } = this.record;
    const used = { device: link.name, devices: withDevice(devices, link.name, this.translated) };
    const running = { status: "RUNNING", startedAt: startedAt ?? (await storage.now()), ...used } as const;
    const session = await storage.sessions.update(this.id, running, ["QUEUED", "RUNNING"]);
    if (!session || !isLive(session)) {
      this.ended = true;
      this.spans.departs("NOT_STARTED");
      await this.unsubscribe();
      return false;
    }
    if (this.record.status === "QUEUED" || isTakenOver) await publishChange(bus, session);
    this.record = session;
    this.link = link;
    if (isTakenOver) this.reply({ type: "restarted" });
    this.keepAlive();
    link.send({ type: "start", sessionId: this.id, work, checkpoint: null, storedThrough: -1 });
    this.spans.sent(link.name, session.step);
    return true;
  }

  /** Those who wait for an answer to an offer that was lost offer again. */
  private missedOffers(): void {
    if (this.ended) return;
    this.keepAlive();
    this.reply({ type: "restarted" });
  }

  private take(offer: Offer): void {
    if (this.ended) return;
    this.keepAlive();
    this.dropped += offer.superseded;
    if (offer.step <= this.offeredStep) {
      this.answerLate(offer.step);
      return;
    }
    this.offeredStep = offer.step;
    const older = this.waiting;
    this.waiting = { step: offer.step, picture: offer.picture, begun: false, isSecondTry: false, awaitsModel: false };
    if (older) this.drop(older);
    this.announceOpening();
    this.feedDevice();
  }

  /** Through two API servers, frames may come in another order than they were sent. One that comes twice is translated once. */
  private answerLate(step: number): void {
    const known = [this.onDevice, this.waiting].find((frame) => frame?.step === step);
    // The receipt of the first one is for both.
    if (known && !known.begun) return;
    if (known || step === this.offeredStep) this.reply({ type: "receipt", step, status: "ACCEPTED", credit: this.credit });
    else this.drop({ step, begun: false });
  }

  /** Has the client wait longer for a frame while the device opens the model. */
  private announceOpening(): void {
    if (this.ended || this.isOpen || !this.waiting || this.waiting.begun) return;
    this.waiting.awaitsModel = true;
    this.reply({ type: "opening", step: this.waiting.step });
  }

  private drop({ step, begun }: Pick<LiveFrame, "step" | "begun">): void {
    this.dropped++;
    if (!begun) this.reply({ type: "receipt", step, status: "SUPERSEDED", credit: this.credit });
  }

  private feedDevice(): void {
    if (!this.deviceFree || !this.waiting || !this.link) return;
    const { step, picture, awaitsModel } = this.waiting;
    if (awaitsModel) this.reply({ type: "taken", step });
    this.onDevice = this.waiting;
    this.waiting = null;
    this.deviceFree = false;
    this.link.send({ type: "translate", sessionId: this.id, step, picture });
  }

  private async deliver({ step, picture, mimeType, width, height, computeMs }: FrameMessage): Promise<void> {
    const { storage, bus, isHeld } = this.parts;
    // After this process hung, another host may have the session.
    if (!isHeld()) return;
    if (this.onDevice?.step === step) this.onDevice = null;
    this.translated++;
    this.storeCountsSoon();
    if (this.record.settings.output !== null) this.keepSoon();
    const digest = createHash("sha256").update(picture).digest("hex");
    const { byteLength } = picture;
    const frame = { sessionId: this.id, step, digest, width, height, mimeType, byteLength, losses: null, computeMs, createdAt: new Date() };
    this.newest = { frame, picture };
    const isKept = await this.spans.frame(frame, () => storage.recentFrames.put(frame, picture));
    if (!isKept || this.ended || !isHeld()) return;
    await bus.publish(`session:${this.id}`, { type: "frame", frame, picture });
  }

  private reply(message: LiveMessage): void {
    this.parts.bus.publish(`live:${this.id}`, message).catch((error: unknown) => {
      this.parts.log(`A receipt of session ${this.id} could not be published:`, error);
    });
  }

  private keepAlive(): void {
    if (this.parts.closing.aborted) return;
    if (this.grace) this.grace.refresh();
    else this.grace = setTimeout(() => this.endUnlessBusy(), this.graceMs);
  }

  private storeCountsSoon(): void {
    this.countsTimer ??= setTimeout(() => {
      this.countsTimer = null;
      void this.tasks.run(() => this.storeCounts());
    }, COUNTS_INTERVAL_MS);
  }

  private keepSoon(): void {
    this.keepTimer ??= setTimeout(() => {
      this.keepTimer = null;
      void this.tasks.run(async () => {
        if (!this.ended) await this.keepLastFrame();
      });
    }, this.keepIntervalMs);
  }

  private async storeCounts(): Promise<void> {
    if (this.ended) return;
    const { storage, bus } = this.parts;
    const counts = { framesTranslated: this.translated, framesDropped: this.dropped };
    try {
      const session = await storage.sessions.update(this.id, counts, ["RUNNING"]);
      if (session) await publishChange(bus, session);
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      // Live frames need no space on the disk. The counts are stored later.
      this.storeCountsSoon();
    }
  }

  /** A frame that is on the device or waits for it is the device's delay, not the client's, nor is a bus that carries none. */
  private endUnlessBusy(): void {
    if (this.onDevice || this.waiting || this.parts.bus.unreachable() !== null) this.grace?.refresh();
    else void this.finish({ status: "COMPLETED" });
  }

  private async failFor(cause: unknown): Promise<void> {
    this.parts.log(`Session ${this.id} cannot continue:`, cause);
    await this.end({ status: "FAILED", error: storageFailure(cause) });
  }

  private finish(ending: Ending): Promise<void> {
    return this.tasks.run(() => this.end(ending));
  }

  /** Takes no more frames. */
  private async leave(departure: Departure, error?: string): Promise<void> {
    this.ended = true;
    this.spans.departs(departure, error);
    this.stopTimers();
    this.parts.closing.removeEventListener("abort", this.stopTimers);
    this.link?.send({ type: "cancel", sessionId: this.id });
    await this.unsubscribe?.();
  }

  private async end(ending: Ending): Promise<void> {
    if (this.ended) return;
    await this.leave(ending.status, ending.status === "FAILED" ? ending.error.code : undefined);
    await this.keepLastFrame();
    this.dropped += FULL_CREDIT - this.credit;
    this.onDevice = null;
    this.waiting = null;
    const counts = { framesTranslated: this.translated, framesDropped: this.dropped };
    const session = await storeEnding(this.id, ending, this.parts, counts);
    // Otherwise another host may go on with it.
    if (!session) return;
    await publishEnding(session, this.parts);
    await this.parts.storage.recentFrames.clear(this.id);
  }

  /** When the disk is full the picture is lost, not the session. */
  private async keepLastFrame(): Promise<void> {
    try {
      await keepLastFrame(this.id, this.parts.storage, this.newest);
    } catch (error) {
      this.parts.log(`The last frame of session ${this.id} could not be stored:`, error);
    }
  }
}
