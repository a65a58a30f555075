import type { Bus, LiveMessage } from "../../bus/bus.js";
import { AtelierError, badInput, conflict, unavailable } from "../../errors.js";
import { limitTable } from "../../limits/table.js";
import { isLive, type SessionEvent, type SessionStatus } from "../../records/session.js";
import type { SessionStore } from "../../storage/storage.js";
import { noSession } from "../requirements.js";
import { isFinal } from "../status.js";
import type { LiveCounts } from "./counts.js";

/** How long a frame may wait until a device begins with it or a newer frame replaces it, ms. */
export const LIVE_FRAME_MS = limitTable.liveFrameMs.value;

/** How long a frame may wait while a device opens the model, ms: a device that is silent for longer is replaced. */
export const LIVE_OPENING_MS = limitTable.liveOpeningMs.value;

/** What a frame waits for, how long at most, ms, and why it is given up then. */
const waits = {
  worker: {
    ms: LIVE_FRAME_MS,
    message: "No worker has taken the frame. Send a newer one: the session continues when a worker is free and has its model.",
  },
  model: {
    ms: LIVE_OPENING_MS,
    message: "The device is still opening the model of the session. Send a newer frame: the session continues when it is open.",
  },
  device: {
    ms: LIVE_FRAME_MS,
    message: "The device has not begun with the frame. Send a newer one: the session continues when the device is free.",
  },
} as const;

/** What became of a frame, and how many more the client may have in flight. */
export interface LiveReceipt {
  step: number;
  status: "ACCEPTED" | "SUPERSEDED";
  credit: number;
}

interface Pending {
  resolve(receipt: LiveReceipt): void;
  reject(error: AtelierError): void;
  /** Ends the wait when no device begins with the frame. */
  deadline: NodeJS.Timeout;
}

export interface ChannelParts {
  sessions: Pick<SessionStore, "find">;
  bus: Bus;
  counts: LiveCounts;
}

/** Sends the frames of one live translation to its host. While the session is QUEUED, only the newest frame is kept. */
export class LiveChannel {
  private status: SessionStatus = "QUEUED";
  private lastStep = -1;
  /** The frame that is offered when the session runs. */
  private held: { step: number; picture: Uint8Array } | null = null;
  /** Number of frames that were given up before they were offered, and that the host has not counted. */
  private unoffered = 0;
  private readonly pending = new Map<number, Pending>();
  /** Arrival times of the frames whose result is still awaited, ms, by step. */
  private readonly arrivedAt = new Map<number, number>();
  private leave: () => Promise<void> = async () => undefined;

  private constructor(
    private readonly sessionId: string,
    private readonly parts: ChannelParts,
    private readonly closed: () => void,
  ) {}

  /**
   * Calls `closed` when the session has ended.
   * @throws AtelierError NOT_FOUND; CONFLICT for a session that takes no frames.
   */
  static async open(sessionId: string, parts: ChannelParts, closed: () => void): Promise<LiveChannel> {
    const { sessions, bus } = parts;
    const channel = new LiveChannel(sessionId, parts, closed);
    const unsubscribes = await Promise.all([
      bus.subscribe(
        `session:${sessionId}`,
        (event) => channel.handleEvent(event),
        () => void channel.readAgain(),
      ),
      bus.subscribe(
        `live:${sessionId}`,
        (message) => channel.handleReply(message),
        () => channel.dropOffered(),
      ),
    ]);
    channel.leave = async () => {
      for (const unsubscribe of unsubscribes) await unsubscribe();
    };
    try {
      // Read after subscribing, so that an end in between is not missed.
      const session = await sessions.find(sessionId);
      if (!session) throw noSession("input.sessionId");
      if (!isLive(session)) throw refusal("This session takes no frames.");
      if (isFinal(session.status) || isFinal(channel.status)) throw refusal("The session has ended.");
      if (channel.status === "QUEUED") channel.status = session.status;
      return channel;
    } catch (error) {
      await channel.leave();
      throw error;
    }
  }

  /**
   * Sends one frame; resolves when the frame is accepted or superseded.
   * @throws AtelierError BAD_INPUT, CONFLICT; UNAVAILABLE when no device begins with it in time.
   */
  send(step: number, picture: Uint8Array): Promise<LiveReceipt> {
    if (isFinal(this.status)) throw refusal("The session has ended.");
    if (step <= this.lastStep) {
      const least = this.lastStep + 1;
      throw badInput("input.step", `The numbers of frames increase: this one must be at least ${least}.`, least, { min: least });
    }
    this.lastStep = step;
    this.arrivedAt.set(step, performance.now());
    return new Promise((resolve, reject) => {
      this.pending.set(step, { resolve, reject, deadline: this.deadline(step, "worker") });
      if (this.status === "RUNNING") this.offer(step, picture);
      else this.hold(step, picture);
    });
  }

  private hold(step: number, picture: Uint8Array): void {
    const older = this.held;
    this.held = { step, picture };
    if (!older) return;
    this.unoffered++;
    this.resolve({ step: older.step, status: "SUPERSEDED", credit: 1 });
  }

  private offer(step: number, picture: Uint8Array): void {
    const superseded = this.unoffered;
    this.unoffered = 0;
    this.parts.bus.publish(`live:${this.sessionId}`, { type: "offer", step, picture, superseded }).catch((cause: unknown) => {
      this.reject(step, unavailable("The frame could not be sent to its device.", { cause }));
    });
  }

  private handleEvent(event: SessionEvent): void {
    if (event.type === "frame") {
      this.measure(event.frame.step);
      return;
    }
    this.become(event.type === "deleted" ? "CANCELLED" : event.session.status);
  }

  private become(status: SessionStatus): void {
    this.status = status;
    if (isFinal(status)) this.end();
    if (this.status !== "RUNNING" || !this.held) return;
    const { step, picture } = this.held;
    this.held = null;
    this.offer(step, picture);
  }

  private deadline(step: number, wait: keyof typeof waits): NodeJS.Timeout {
    return setTimeout(() => this.giveUp(step, waits[wait].message), waits[wait].ms).unref();
  }

  /** A frame that waits begins to wait for something else. */
  private waitFor(step: number, wait: keyof typeof waits): void {
    const pending = this.pending.get(step);
    if (!pending) return;
    clearTimeout(pending.deadline);
    pending.deadline = this.deadline(step, wait);
  }

  /** No device has begun with a frame: no worker has room for the session, or the one that had it is gone or too slow. */
  private giveUp(step: number, message: string): void {
    if (this.held?.step === step) {
      this.held = null;
      this.unoffered++;
    }
    this.reject(step, unavailable(message, { field: "input.sessionId" }));
  }

  /** Counts a result and its delay. Earlier frames will have no result any more: it was lost when their device died. */
  private measure(step: number): void {
    const arrivedAt = this.arrivedAt.get(step);
    if (arrivedAt !== undefined) this.parts.counts.translated(performance.now() - arrivedAt);
    for (const earlier of this.arrivedAt.keys()) if (earlier <= step) this.arrivedAt.delete(earlier);
  }

  private handleReply(message: LiveMessage): void {
    if (message.type === "receipt") this.resolve({ step: message.step, status: message.status, credit: message.credit });
    if (message.type === "opening") this.waitFor(message.step, "model");
    if (message.type === "taken") this.waitFor(message.step, "device");
    if (message.type === "restarted") this.dropOffered();
    if (message.type === "refused") this.reject(message.step, new AtelierError(message.code, message.message, { field: "input.data" }));
  }

  private resolve(receipt: LiveReceipt): void {
    if (receipt.status === "SUPERSEDED") this.arrivedAt.delete(receipt.step);
    this.settled(receipt.step)?.resolve(receipt);
  }

  private reject(step: number, error: AtelierError): void {
    this.arrivedAt.delete(step);
    this.settled(step)?.reject(error);
  }

  private settled(step: number): Pending | undefined {
    const pending = this.pending.get(step);
    clearTimeout(pending?.deadline);
    this.pending.delete(step);
    return pending;
  }

  /** Messages of the session were lost: its start or its end may be among them. */
  private async readAgain(): Promise<void> {
    try {
      this.become((await this.parts.sessions.find(this.sessionId))?.status ?? "CANCELLED");
    } catch (cause) {
      // The next frame opens another channel.
      this.end(unavailable("The session cannot be read.", { cause }));
    }
  }

  /** The frames that wait for their host, or what became of them, were lost: the client goes on with newer ones. */
  private dropOffered(): void {
    for (const step of [...this.pending.keys()]) {
      if (step !== this.held?.step) this.resolve({ step, status: "SUPERSEDED", credit: 1 });
    }
  }

  private end(error = refusal("The session has ended.")): void {
    this.held = null;
    for (const step of [...this.pending.keys()]) this.reject(step, error);
    this.closed();
    void this.leave();
  }
}

function refusal(message: string): AtelierError {
  return conflict("input.sessionId", message);
}
