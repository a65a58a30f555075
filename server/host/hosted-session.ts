import type { Bus } from "../bus/bus.js";
import type { DeviceMessage, FrameMessage, HostMessage } from "../device/messages.js";
import type { ErrorCode } from "../errors.js";
import { publishChange } from "../sessions/publish.js";
import type { SessionPatch, Storage } from "../storage/storage.js";
import { CheckpointWriter } from "./checkpoint-writer.js";
import { DeathCount } from "./deaths.js";
import type { DeviceExit } from "./exit.js";
import type { FrameRoom } from "./frame-room.js";
import { storeAndPublish } from "./frame-store.js";
import { Lane } from "./lane.js";
import { deathError, type Ending, failureEnding, storeEnding, tellEnding } from "./session-ending.js";
import { buildWork, loadChanges, loadStyles, type WorkModels } from "./work.js";

/** What the checkpoints of all sessions may take, bytes. */
const CHECKPOINT_BYTES = 4e9;

/** What a hosted session works with. */
export interface SessionParts extends WorkModels {
  storage: Storage;
  bus: Bus;
  frameRoom: FrameRoom;
  log: (line: string, cause?: unknown) => void;
  /** Aborts when the host closes. */
  closing: AbortSignal;
}

/** A device that is up, as a session sees it. */
export interface DeviceLink {
  name: string;
  send(message: HostMessage): void;
}

/** A message of the device about one session. */
export type SessionMessage = Exclude<Extract<DeviceMessage, { sessionId: string | null }>, { type: "turn" }>;

/** A session on a host, as that sees it. */
export interface HostSession {
  readonly id: string;
  /** Whether it still takes turns, or will. */
  readonly active: boolean;
  /** Starts it on a device, anew after that one's death. Answers whether it runs there. */
  start(link: DeviceLink): Promise<boolean>;
  /** Takes what the device says of this session; resolves when that is stored. */
  receive(message: SessionMessage): Promise<void>;
  /** Ends it at once for its viewers; the device lets go of it after the step in work. */
  cancel(): Promise<void>;
  /** Lets it rest: its record says PAUSED. */
  pause(): Promise<void>;
  /** Takes up changes that were recorded. */
  steer(): Promise<void>;
  /** Ends it with an error, wherever it is. */
  fail(code: ErrorCode, message: string): Promise<void>;
  /** Its device died; `blamed` when that may have been its doing. */
  died(exit: DeviceExit, blamed: boolean): Promise<void>;
  /** Resolves when all that came so far is stored. */
  idle(): Promise<void>;
}

/**
 * A session that is painted step by step, from its claim to its end, over as many lives of the device as it takes. All that it stores
 * and publishes goes through one lane, so it happens in the order in which it came.
 */
export class HostedSession implements HostSession {
  /** True once its record says how it ended; what the device still sends is dropped. */
  private ended = false;
  /** Last stored step; -1 before the first. */
  private storedStep = -1;
  /** Of the changes that the device was told. */
  private steeredThrough = 0;
  private link: DeviceLink | null = null;
  private readonly deaths = new DeathCount();
  private readonly checkpoints: CheckpointWriter;
  private readonly lane: Lane;

  constructor(
    readonly id: string,
    private readonly parts: SessionParts,
  ) {
    this.checkpoints = new CheckpointWriter(id, parts.storage.checkpoints, (error) => {
      parts.log(`A checkpoint of session ${id} could not be written:`, error);
    });
    this.lane = new Lane((error) => this.failFor(error));
  }

  get active(): boolean {
    return !this.ended;
  }

  /** From its beginning, or after a restart from its last checkpoint. */
  async start(link: DeviceLink): Promise<boolean> {
    let started = false;
    await this.lane.run(async () => {
      started = !this.ended && (await this.startOn(link));
    });
    return started;
  }

  receive(message: SessionMessage): Promise<void> {
    return this.lane.run(async () => {
      if (this.ended) return;
      if (message.type === "frame") await this.store(message);
      else if (message.type === "checkpoint") await this.checkpoints.write(message.step, message.bytes);
      else if (message.type === "steered") await this.settle(message.ordinal, message.step);
      else if (message.type === "failed") await this.end({ status: "FAILED", error: { code: message.code, message: message.message } });
      else if (message.type === "paused") await this.rest();
      else if (message.type === "finished") await this.finish();
      else if (message.type === "cancelled") await this.end({ status: "CANCELLED" });
    });
  }

  cancel(): Promise<void> {
    return this.lane.run(() => this.abandon({ status: "CANCELLED" }));
  }

  /** Its record says PAUSED already: the device lets go of it after the step in work. */
  pause(): Promise<void> {
    return this.lane.run(async () => {
      if (!this.ended) this.link?.send({ type: "pause", sessionId: this.id });
    });
  }

  /** Hands changes that wait to the device. Without one they are put into force when the session starts on the next. */
  steer(): Promise<void> {
    return this.lane.run(async () => {
      if (this.ended || !this.link) return;
      const { storage } = this.parts;
      for (const { ordinal, step, settings, styles } of await storage.changes.list(this.id)) {
        if (step !== null || ordinal <= this.steeredThrough) continue;
        this.steeredThrough = ordinal;
        this.link.send({ type: "steer", sessionId: this.id, ordinal, settings, styles: styles && (await loadStyles(storage, styles)) });
      }
    });
  }

  fail(code: ErrorCode, message: string): Promise<void> {
    return this.lane.run(() => this.abandon({ status: "FAILED", error: { code, message } }));
  }

  died(exit: DeviceExit, blamed: boolean): Promise<void> {
    return this.lane.run(async () => {
      this.link = null;
      if (this.ended || !blamed || !this.deaths.add(this.storedStep)) return;
      await this.end({ status: "FAILED", error: deathError(exit) });
    });
  }

  idle(): Promise<void> {
    return this.lane.idle();
  }

  private async startOn(link: DeviceLink): Promise<boolean> {
    const { storage, bus } = this.parts;
    const found = await storage.sessions.find(this.id);
    if (found === null || (found.status !== "QUEUED" && found.status !== "RUNNING")) return this.leave();
    const work = await buildWork(found, storage, this.parts);
    const running: SessionPatch = { status: "RUNNING", startedAt: found.startedAt ?? new Date(), device: link.name };
    const session = await storage.sessions.update(this.id, running, ["QUEUED", "RUNNING"]);
    if (session === null) return this.leave();
    if (found.status === "QUEUED") await publishChange(bus, session);
    this.storedStep = session.step;
    // From here on whoever steers tells this session so; it takes that up when this has been sent.
    const steered = await storage.changes.settle(this.id, session.step + 1);
    if (steered) await publishChange(bus, steered);
    if (work.kind === "STYLE_TRANSFER") work.changes.push(...(await loadChanges(storage, this.id)));
    const checkpoint = await this.checkpoints.read(session.step);
    this.link = link;
    link.send({ type: "start", sessionId: this.id, work, checkpoint, storedThrough: session.step });
    return true;
  }

  /** Somebody else ended it before it began. */
  private leave(): false {
    this.ended = true;
    return false;
  }

  private async store(message: FrameMessage): Promise<void> {
    if (message.step > this.storedStep) {
      if (!(await storeAndPublish(message, this.parts.storage, this.parts.bus))) {
        this.ended = true;
        this.letGo();
        return this.parts.storage.checkpoints.delete(this.id);
      }
      this.storedStep = message.step;
      await this.parts.frameRoom.stored(this.id, message.picture.byteLength);
    }
    this.link?.send({ type: "acknowledge", sessionId: this.id, step: message.step });
  }

  /** Something that belongs to this session could not be read or stored: it fails, and the device is told to let go. */
  private async failFor(cause: unknown): Promise<void> {
    this.parts.log(`Session ${this.id} cannot go on:`, cause);
    await this.abandon(failureEnding(cause));
  }

  private async abandon(ending: Ending): Promise<void> {
    if (this.ended) return;
    this.letGo();
    await this.end(ending);
  }

  private letGo(): void {
    this.link?.send({ type: "cancel", sessionId: this.id });
  }

  /** The device has come to a change: now its step is known. */
  private async settle(ordinal: number, step: number): Promise<void> {
    const { storage, bus } = this.parts;
    const session = await storage.changes.settle(this.id, step, ordinal);
    if (session) await publishChange(bus, session);
  }

  /** Paused: its state is stored, and it is no business of this host until it is resumed. */
  private async rest(): Promise<void> {
    this.ended = true;
    await this.checkpoints.settled();
  }

  /** Where the number of steps was steered below what was painted already, the record says how many it became. */
  private async finish(): Promise<void> {
    const session = await this.parts.storage.sessions.find(this.id);
    const steered = session?.kind === "STYLE_TRANSFER" && session.settings.steps !== this.storedStep;
    await this.end({ status: "COMPLETED" }, steered ? { settings: { ...session.settings, steps: this.storedStep } } : {});
  }

  private async end(ending: Ending, also: SessionPatch = {}): Promise<void> {
    this.ended = true;
    const session = await storeEnding(this.id, ending, this.parts, also);
    await this.tidy();
    if (session) await tellEnding(session, this.parts);
  }

  /** Its checkpoints stay, so that branches begin quickly, as long as there is room. */
  private async tidy(): Promise<void> {
    try {
      await this.checkpoints.settled();
      await this.parts.storage.checkpoints.trim(CHECKPOINT_BYTES);
    } catch (error) {
      this.parts.log(`The checkpoints of session ${this.id} could not be tidied up:`, error);
    }
  }
}
