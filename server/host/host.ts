import type { DeviceMessage } from "../device/messages.js";
import type { Queue } from "../queue/queue.js";
import type { DeviceInfo } from "../sessions/device-info.js";
import { isLive } from "../records/session.js";
import { type DeviceProcess, type DeviceProcessOptions, deviceProcessDefaults, type ReadyMessage } from "./device-process.js";
import { DeviceSupervisor } from "./device-supervisor.js";
import type { DeviceExit } from "./exit.js";
import { FetchRoom } from "./fetch-room.js";
import { type FrameBudget, FrameRoom } from "./frame-room.js";
import { type DeviceLink, HostedSession, type HostSession, type SessionParts } from "./hosted-session.js";
import { LIVE_GRACE_MS, LiveSession } from "./live-session.js";
import { pause } from "./pause.js";

export interface HostOptions extends Omit<SessionParts, "log" | "closing" | "frameRoom"> {
  queue: Queue;
  /** What kept frames may take. */
  frameBudget?: FrameBudget;
  /** Sessions that take turns on the device at once; the others wait in the queue. */
  maxConcurrent?: number;
  /** How long a live translation goes on without a frame from its client, ms. */
  liveGraceMs?: number;
  device?: Partial<DeviceProcessOptions>;
  log?: SessionParts["log"];
}

/** A device of this host, with the id of its process. */
export interface HostedDevice extends DeviceInfo {
  pid: number | null;
}

/** Sessions that take turns at once unless told otherwise: all of them still visibly evolve. */
export const DEFAULT_MAX_CONCURRENT = 8;

/** What kept frames may take unless told otherwise: 5,000 steps of a painting at 512 px fit into a session. */
export const FRAME_BUDGET: FrameBudget = { sessionBytes: 512e6, totalBytes: 16e9 };

/** Starts of the device that fail in a row before its sessions are given up; queued ones wait on. About 20 s. */
const MAX_FAILED_STARTS = 5;

/** Messages after which nothing more comes for a session. */
const endings = new Set<DeviceMessage["type"]>(["finished", "cancelled", "paused", "failed"]);

/** Wait before asking a queue again that failed, ms. */
const CLAIM_RETRY_MS = 1000;

/**
 * Runs sessions: takes them from the queue while its device has room, has them painted, stores and publishes their
 * frames, and carries them over the deaths of the device process.
 */
export class Host {
  private readonly sessions = new Map<string, HostSession>();
  private readonly closing = new AbortController();
  private readonly supervisor: DeviceSupervisor;
  private readonly fetchRoom: FetchRoom;
  private readonly frameRoom: FrameRoom;
  private readonly maxConcurrent: number;
  private readonly log: SessionParts["log"];
  private claiming: Promise<void> = Promise.resolve();
  private endControls: (() => Promise<void>) | null = null;
  private current: { link: DeviceLink; message: ReadyMessage; pid: number | null } | null = null;
  /** Whose step was begun last in this life of the device. */
  private turn: string | null = null;
  /** Whether this life of the device gave a frame. */
  private fruitful = false;
  private roomChanged: (() => void) | null = null;

  private constructor(private readonly options: HostOptions) {
    this.maxConcurrent = options.maxConcurrent ?? DEFAULT_MAX_CONCURRENT;
    this.log = options.log ?? ((line, cause) => console.error(line, cause ?? ""));
    const { storage, queue } = options;
    this.fetchRoom = new FetchRoom({
      storage,
      queue,
      models: options,
      log: this.log,
      fail: async (id, code, message) => (await this.hosted(id)).fail(code, message),
      closing: this.closing.signal,
    });
    this.frameRoom = new FrameRoom(storage, options.frameBudget ?? FRAME_BUDGET, this.log);
    this.supervisor = new DeviceSupervisor(
      { ...deviceProcessDefaults, ...options.device },
      {
        up: (process, ready) => this.up(process, ready),
        message: (message) => this.receive(message),
        down: (exit) => this.down(exit),
        startFailed: (error, failures) => this.startFailed(error, failures),
      },
    );
  }

  /** Begins to run sessions; does not wait for the device, which `ready` tells. */
  static async start(options: HostOptions): Promise<Host> {
    const host = new Host(options);
    host.endControls = await options.bus.subscribe("controls", ({ type, sessionId }) => void host.sessions.get(sessionId)?.[type]());
    host.supervisor.start();
    host.claiming = host.claimSessions();
    return host;
  }

  /** Whether the device is up. */
  get ready(): boolean {
    return this.current !== null;
  }

  /** The devices that are up. */
  devices(): HostedDevice[] {
    if (!this.current) return [];
    const { message, pid } = this.current;
    const sessionIds = [...this.sessions.values()].filter((session) => session.active).map((session) => session.id);
    return [{ name: message.device, engine: message.engine, description: message.description, sessionIds, pid }];
  }

  /**
   * Claims no more, kills the device and waits until what had arrived is stored. Sessions that ran stay RUNNING in
   * storage: `recoverInterrupted` finds them at the next start.
   */
  async close(): Promise<void> {
    this.closing.abort();
    this.roomChanged?.();
    await this.supervisor.close();
    await this.claiming;
    await this.endControls?.();
    await Promise.all([...this.sessions.values()].map((session) => session.idle()));
  }

  private get closed(): boolean {
    return this.closing.signal.aborted;
  }

  private async claimSessions(): Promise<void> {
    while (!this.closed) {
      await this.room();
      const sessionId = await this.claim();
      if (sessionId === null || this.closed || (await this.fetchRoom.takes(sessionId))) continue;
      if (this.sessions.has(sessionId) && !(await this.resumed(sessionId))) continue;
      const session = await this.hosted(sessionId);
      if (!this.closed) this.adopt(session);
    }
  }

  private async claim(): Promise<string | null> {
    try {
      return await this.options.queue.claim(this.closing.signal);
    } catch (error) {
      this.log("The queue could not be asked for a session:", error);
      await pause(CLAIM_RETRY_MS, this.closing.signal);
      return null;
    }
  }

  /** Resolves when the device is up and has room for one more session, or the host closes. */
  private async room(): Promise<void> {
    while (!this.closed && (!this.current || this.sessions.size >= this.maxConcurrent)) {
      await this.nextChange();
    }
  }

  private nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.roomChanged = resolve;
    });
  }

  /**
   * A claimed session that is here still was paused and resumed before the device let go of it: waits until it has. False
   * when it was lined up twice and runs.
   */
  private async resumed(sessionId: string): Promise<boolean> {
    const session = await this.options.storage.sessions.find(sessionId);
    if (session?.status !== "QUEUED") return false;
    while (!this.closed && this.sessions.has(sessionId)) await this.nextChange();
    return true;
  }

  private adopt(session: HostSession): void {
    this.sessions.set(session.id, session);
    if (this.current) void this.startOn(session, this.current.link);
  }

  private async hosted(sessionId: string): Promise<HostSession> {
    const parts = { ...this.options, frameRoom: this.frameRoom, log: this.log, closing: this.closing.signal };
    const live = await this.isLive(sessionId);
    return live ? new LiveSession(sessionId, parts, this.options.liveGraceMs ?? LIVE_GRACE_MS) : new HostedSession(sessionId, parts);
  }

  /** False where it cannot be told: the session then fails as it begins. */
  private async isLive(sessionId: string): Promise<boolean> {
    try {
      const session = await this.options.storage.sessions.find(sessionId);
      return session !== null && isLive(session);
    } catch (error) {
      this.log(`Session ${sessionId} could not be read:`, error);
      return false;
    }
  }

  private async startOn(session: HostSession, link: DeviceLink): Promise<void> {
    if (!(await session.start(link))) this.release(session);
  }

  private release(session: HostSession): void {
    this.sessions.delete(session.id);
    this.frameRoom.forget(session.id);
    this.roomChanged?.();
  }

  private up(process: DeviceProcess, message: ReadyMessage): void {
    const link: DeviceLink = { name: message.device, send: (sent) => process.send(sent) };
    this.current = { link, message, pid: process.pid ?? null };
    this.turn = null;
    this.fruitful = false;
    for (const session of this.sessions.values()) void this.startOn(session, link);
    this.roomChanged?.();
  }

  private receive(message: DeviceMessage): void {
    if (message.type === "turn") {
      this.turn = message.sessionId;
      return;
    }
    if (message.type === "ready" || message.type === "pong" || message.sessionId === null) return;
    const session = this.sessions.get(message.sessionId);
    if (!session) return;
    if (message.type === "frame") this.fruitful = true;
    const handled = session.receive({ ...message, sessionId: session.id });
    if (endings.has(message.type)) void handled.then(() => this.release(session));
  }

  private async down(exit: DeviceExit): Promise<boolean> {
    this.current = null;
    if (this.closed) return true;
    this.log(`The device process ${exit.reason} (${exit.detail}); it is started again.`);
    const suspect = this.turn !== null && this.sessions.has(this.turn) ? this.turn : null;
    const sessions = [...this.sessions.values()];
    await Promise.all(sessions.map((session) => session.died(exit, suspect === null || suspect === session.id)));
    for (const session of sessions) if (!session.active) this.release(session);
    return this.fruitful;
  }

  private async startFailed(error: unknown, failures: number): Promise<void> {
    this.log(`The device could not be started (${failures} in a row):`, error);
    if (failures < MAX_FAILED_STARTS) return;
    const sessions = [...this.sessions.values()];
    await Promise.all(sessions.map((session) => session.fail("DEVICE_LOST", "The device could not be started again.")));
    for (const session of sessions) this.release(session);
  }
}
