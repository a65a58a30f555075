import { setTimeout as delay } from "node:timers/promises";
import type { DeviceMessage, DeviceName } from "../device/messages.js";
import { limitTable } from "../limits/table.js";
import type { ClaimedEntry, Queue } from "../queue/queue.js";
import { type DeviceInfo, isLive, type RefusedDevice, type SessionRecord } from "../records/session.js";
import type { StepTime } from "../records/step-time.js";
import { isFinal, requestToEnd } from "../sessions/status.js";
import { SessionSpans } from "../telemetry/session-spans.js";
import { abortableDelay } from "./abortable-delay.js";
import { ControlTopics } from "./control-topics.js";
import { type DeviceProcess, deviceProcessDefaults, type ReadyMessage } from "./device-process.js";
import { type DeviceListener, DeviceSupervisor, type ProcessOptions } from "./device-supervisor.js";
import type { DeviceExit } from "./exit.js";
import { type FrameBudget, FrameRetention } from "./frame-retention.js";
import type { DeviceLink, HostSession, SessionParts } from "./host-session.js";
import { LIVE_GRACE_MS, LiveSession } from "./live-session.js";
import { ModelWaitlist } from "./model-waitlist.js";
import { PaceMeter } from "./pace-meter.js";
import { PaintedSession } from "./painted-session.js";
import { SessionClaims } from "./session-claims.js";
import { type KnownStepTimes, noStepTimes } from "./step-times.js";
import { SuspendedSessions } from "./suspended-sessions.js";
import type { Verdicts } from "./verdicts.js";

export interface HostOptions
  extends Omit<SessionParts, "log" | "spans" | "isHeld" | "closing" | "frameRetention" | "suspended" | "maxSize"> {
  queue: Queue;
  /** Limits for kept frames. */
  frameBudget?: FrameBudget;
  /** Number of sessions that take turns on the device; the others wait in the queue. */
  maxConcurrent?: number;
  /** Number of live translations among them. */
  maxLive?: number;
  /** How long a live translation continues without a frame from its client, ms. */
  liveGraceMs?: number;
  /** Time between two looks at the disk while sessions are suspended, ms. */
  suspendedRetryMs?: number;
  /** Whether other hosts share the storage, the bus and the queue: requests may be lost on their way, and others take over. */
  isShared?: boolean;
  /** The largest painting that this machine and its device have memory for, px; without it, they paint any. */
  maxSize?: () => number;
  /** Time between two looks at the records of running sessions where others share them, ms. */
  lookMs?: number;
  /** Devices in the order in which they are tried; the last one is used in any case. */
  devices?: readonly DeviceName[];
  device?: Partial<ProcessOptions>;
  /** What earlier starts found out about the devices, and about their times. */
  verdicts?: Verdicts;
  stepTimes?: KnownStepTimes;
  log?: SessionParts["log"];
  /** Receives how long a device computed for each frame that it sends. */
  computed?: (frame: { device: string; kind: "LIVE" | "PAINTED"; computeMs: number }) => void;
  /** Receives each device that is used from now on; the same one again when its process was started again. */
  deviceUp?: (device: { name: string; description: string }) => void;
  /** Receives lines for the log that are no errors. */
  inform?: (line: string) => void;
}

/** A device of this host, with the id of its process. */
export interface HostedDevice extends DeviceInfo {
  pid: number | null;
}

/** Default number of sessions that take turns: few enough that all of them visibly evolve. */
export const DEFAULT_MAX_CONCURRENT = limitTable.runningSessions.value;

/** Default number of live translations among them: paintings still get their turns. */
export const DEFAULT_MAX_LIVE = limitTable.runningLiveSessions.value;

/** Default limits for kept frames: a session holds 5,000 steps of a painting at 512 px. */
export const FRAME_BUDGET: FrameBudget = { sessionByteLength: 512e6, totalByteLength: 16e9 };

/** Failed starts of the device in a row, about 20 s, after which its sessions are given up; queued ones keep waiting. */
const MAX_FAILED_STARTS = 5;

/** The last messages about a session. */
const endings = new Set<DeviceMessage["type"]>(["finished", "cancelled", "paused", "failed"]);

/** Time between two looks of a host at what clients asked of its sessions, where others share them, ms. */
const LOOK_MS = 3000;

/** How long the device may take to hand over its sessions when the host closes, ms. */
const HAND_OVER_MS = 3000;

/** What the record of a running session asks its host to do. */
function requestOf(record: SessionRecord | undefined): "steer" | "pause" | "yield" | "cancel" | "complete" {
  if (!record || isFinal(record.status)) return "cancel";
  if (record.wish !== null) return requestToEnd[record.wish];
  if (record.status === "QUEUED") return "yield";
  return record.status === "PAUSED" ? "pause" : "steer";
}

/**
 * Runs sessions: claims them from the queue while its device can take more, lets the device paint them, stores and
 * publishes their frames, and restarts them when the device process dies.
 */
export class Host {
  private readonly sessions = new Map<string, HostSession>();
  private readonly closing = new AbortController();
  private readonly supervisor: DeviceSupervisor;
  private readonly claims: SessionClaims;
  private readonly controls: ControlTopics;
  private readonly waitlist: ModelWaitlist;
  private readonly suspended: SuspendedSessions;
  private readonly paceMeter: PaceMeter;
  private resuming: Promise<void> = Promise.resolve();
  private looking: Promise<void> = Promise.resolve();
  private readonly parts: Omit<SessionParts, "spans" | "isHeld">;
  private readonly maxConcurrent: number;
  private readonly maxLive: number;
  private readonly log: SessionParts["log"];
  private readonly refusals: RefusedDevice[] = [];
  private claiming: Promise<void> = Promise.resolve();
  private current: { link: DeviceLink; message: ReadyMessage; process: DeviceProcess } | null = null;
  /** Id of the session whose turn began last in this life of the device. */
  private turn: string | null = null;
  /** Whether this life of the device has sent a frame. */
  private frameReceived = false;
  /** Memory of the last device's own, bytes. */
  private cardBytes: number | null = null;
  private capacityChanged: (() => void) | null = null;
  private settleFirstStart: { resolve: () => void; reject: (error: unknown) => void } | null = null;
  private readonly firstStart = new Promise<void>((resolve, reject) => {
    this.settleFirstStart = { resolve, reject };
  });

  private constructor(private readonly options: HostOptions) {
    this.maxConcurrent = options.maxConcurrent ?? DEFAULT_MAX_CONCURRENT;
    this.maxLive = options.maxLive ?? DEFAULT_MAX_LIVE;
    this.log = options.log ?? ((line, cause) => console.error(line, cause ?? ""));
    const { queue } = options;
    // Only some callers wait for it.
    this.firstStart.catch(() => undefined);
    const closing = this.closing.signal;
    const frameRetention = new FrameRetention(options.frameBudget ?? FRAME_BUDGET, this.log, closing);
    const { suspendedRetryMs: retryMs } = options;
    this.suspended = new SuspendedSessions({ ...options, log: this.log, closing, ...(retryMs === undefined ? {} : { retryMs }) });
    // A host without others tries every painting: there is no larger one to leave it to.
    const maxSize = (options.isShared && options.maxSize) || (() => Number.POSITIVE_INFINITY);
    this.parts = { ...options, frameRetention, maxSize, suspended: () => this.suspended.expect(), log: this.log, closing };
    this.claims = new SessionClaims({ ...this.parts, queue, isShared: options.isShared ?? false });
    this.controls = new ControlTopics(options.bus);
    this.paceMeter = new PaceMeter(this.parts, options.stepTimes ?? noStepTimes);
    this.waitlist = new ModelWaitlist({
      queue,
      models: options,
      log: this.log,
      fail: (entry, failure) => this.claims.failUnstarted(entry, failure),
      closing,
    });
    const listener: DeviceListener = {
      found: (device, { ms, processorMs }, isKnown) =>
        options.inform?.(
          `The device ${device} ${isKnown ? "passed its test in an earlier start" : "passes its test"}: ${ms.toFixed(1)} ms for a loss and its gradient, and the processor ${processorMs.toFixed(1)} ms.`,
        ),
      refused: (device, reason) => this.refuse(device, reason),
      up: (process, ready) => this.up(process, ready),
      message: (message) => this.receive(message),
      down: (exit) => this.down(exit),
      startFailed: (error, failures) => this.startFailed(error, failures),
    };
    const device = { ...deviceProcessDefaults, ...options.device };
    this.supervisor = new DeviceSupervisor(device, options.devices ?? ["cpu"], listener, options.verdicts);
  }

  /** Begins to run sessions. It does not wait for the device; see `ready`. */
  static start(options: HostOptions): Host {
    const host = new Host(options);
    if (options.isShared) host.looking = host.lookAtRecords(options.lookMs ?? LOOK_MS);
    host.supervisor.start();
    host.claiming = host.claimSessions();
    host.resuming = host.suspended.run();
    return host;
  }

  /**
   * Resolves once the device has opened for the first time.
   * @throws AtelierError why it could not be opened.
   */
  opened(): Promise<void> {
    return this.firstStart;
  }

  /** Whether the device is running and responds. */
  get ready(): boolean {
    return this.current?.process.responding ?? false;
  }

  /** The running devices. */
  devices(): HostedDevice[] {
    if (!this.current) return [];
    const { message, process } = this.current;
    const sessionIds = [...this.sessions.values()].filter((session) => session.active).map((session) => session.id);
    const { device: name, engine, description, memoryBytes } = message;
    return [{ name, engine, description, memoryBytes, sessionIds, pid: process.pid ?? null }];
  }

  /**
   * Memory of the device's own, bytes, also while it is started again; null where it computes in the memory of the
   * machine, or has not started yet.
   */
  get memoryBytes(): number | null {
    return this.cardBytes;
  }

  /** Devices that were tried and are not used, with the reasons. */
  refusedDevices(): readonly RefusedDevice[] {
    return this.refusals;
  }

  /**
   * How long steps take with a feature model on this machine, at small sizes, small to large. Null until that is measured,
   * which begins when it is first asked for and the device has no session; none where it is impossible.
   */
  stepTimes(modelId: string): readonly StepTime[] | null {
    return this.current?.message.engine === "reference" ? [] : this.paceMeter.times(modelId);
  }

  /**
   * Stops claiming, kills the device and waits until everything that it sent is stored: nothing is written after that.
   * Sessions that ran stay RUNNING in storage; `recoverSessions` finds them at the next start. Where others share them, their
   * state is stored first, and another host goes on at once.
   */
  async close(): Promise<void> {
    this.closing.abort();
    this.capacityChanged?.();
    if (this.options.isShared) await this.handOver();
    await this.supervisor.close();
    await this.claiming;
    await this.resuming;
    await this.looking;
    await this.controls.close();
    await Promise.all([...this.sessions.values(), this.waitlist, this.claims].map((part) => part.idle()));
    await this.parts.frameRetention.idle();
    for (const { spans } of this.sessions.values()) spans.end();
    await Promise.all([...this.sessions.keys()].map((id) => this.claims.giveBack(id)));
  }

  private async handOver(): Promise<void> {
    const handed = [...this.sessions.values()].map((session) => session.handOver());
    await Promise.race([Promise.all(handed), delay(HAND_OVER_MS, undefined, { ref: false })]);
  }

  private get closed(): boolean {
    return this.closing.signal.aborted;
  }

  /** Does what clients asked for while no request could reach this host: it is in the records of the sessions. */
  private async lookAtRecords(intervalMs: number): Promise<void> {
    while (await abortableDelay(intervalMs, this.closing.signal)) {
      const sessions = [...this.sessions.values()].filter((session) => session.active);
      if (sessions.length === 0) continue;
      try {
        const records = await this.options.storage.sessions.findAll(sessions.map(({ id }) => id));
        for (const session of sessions) void session[requestOf(records.get(session.id))]();
      } catch (error) {
        this.log("The records of the running sessions could not be read:", error);
      }
    }
  }

  private async claimSessions(): Promise<void> {
    while (!this.closed) {
      await this.capacity();
      const live = [...this.sessions.values()].filter((session) => session instanceof LiveSession).length;
      const claimed = await this.claims.next(live < this.maxLive);
      if (!claimed) continue;
      const { record, entry, claimedAt } = claimed;
      if (this.closed) await this.claims.giveBack(entry.sessionId);
      else if (record.wish !== null || !this.waitlist.takes(record, entry)) this.adopt(record, entry, claimedAt);
    }
  }

  /** Resolves when the device is running and can take one more session, or the host closes. */
  private async capacity(): Promise<void> {
    while (!this.closed && (!this.current || this.sessions.size >= this.maxConcurrent)) {
      await this.nextChange();
    }
  }

  private nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.capacityChanged = resolve;
    });
  }

  private adopt(record: SessionRecord, entry: ClaimedEntry, claimedAt: Date): void {
    this.paceMeter.interrupt();
    const spans = new SessionSpans(record, { claimedAt, takeovers: entry.takeovers });
    const log: SessionParts["log"] = (line, cause) => spans.within(() => this.log(line, cause, { sessionId: record.id }));
    const parts = { ...this.parts, log, spans, isHeld: entry.isHeld, storage: this.options.storage.held(entry) };
    const session = isLive(record)
      ? new LiveSession(record, parts, this.options.liveGraceMs ?? LIVE_GRACE_MS)
      : new PaintedSession(record, parts);
    this.sessions.set(session.id, session);
    this.controls.listen(session);
    // Its place stays taken until the device has released it: what the device still says must reach no other session.
    const lose = () => void session.lose().then((isOnDevice) => (isOnDevice ? undefined : this.release(session)));
    if (entry.lost.aborted) lose();
    entry.lost.addEventListener("abort", lose, { once: true });
    // The worker that had it ended before it could obey. The session ends before it starts.
    if (record.wish !== null) void session[requestToEnd[record.wish]]();
    if (this.current) void this.startOn(session, this.current.link);
  }

  private async startOn(session: HostSession, link: DeviceLink): Promise<void> {
    if (!(await session.start(link))) await this.release(session);
  }

  /** Frees the place of a session that has ended, once its end and its last checkpoint are stored. */
  private async release(session: HostSession): Promise<void> {
    await session.idle();
    // Not awaited: a bus that does not answer must not delay the next session.
    void this.controls.leave(session);
    if (this.sessions.get(session.id) !== session) return;
    this.sessions.delete(session.id);
    session.spans.end();
    if (session instanceof LiveSession) this.claims.livePlaceFreed();
    this.parts.frameRetention.forget(session.id);
    this.measurePace();
    await this.claims.giveBack(session.id);
    this.capacityChanged?.();
  }

  private up(process: DeviceProcess, message: ReadyMessage): void {
    const link: DeviceLink = { name: message.device, send: (sent) => process.send(sent) };
    this.current = { link, message, process };
    this.cardBytes = message.memoryBytes;
    this.options.deviceUp?.({ name: message.device, description: message.description });
    this.settleFirstStart?.resolve();
    this.turn = null;
    this.frameReceived = false;
    for (const session of this.sessions.values()) void this.startOn(session, link);
    this.measurePace();
    this.capacityChanged?.();
  }

  private measurePace(): void {
    // The reference computes so slowly that a session would wait for it.
    if (!this.current || this.sessions.size > 0 || this.closed) return;
    const { link, message } = this.current;
    if (message.engine !== "reference") this.paceMeter.resume(link, `${message.engine} ${message.device}`);
  }

  private receive(message: DeviceMessage): void {
    if (message.type === "turn") {
      this.turn = message.sessionId;
      return;
    }
    if (message.type === "ready" || message.type === "pong" || message.sessionId === null) return;
    if (this.paceMeter.takes(message)) return;
    const session = this.sessions.get(message.sessionId);
    if (!session) return;
    if (message.type === "frame") this.countFrame(session, message.computeMs);
    const handled = session.receive({ ...message, sessionId: session.id });
    if (endings.has(message.type)) void handled.then(() => this.release(session));
  }

  private countFrame(session: HostSession, computeMs: number): void {
    this.frameReceived = true;
    if (!this.current) return;
    this.options.computed?.({ device: this.current.message.device, kind: session instanceof LiveSession ? "LIVE" : "PAINTED", computeMs });
  }

  private async down(exit: DeviceExit): Promise<boolean> {
    this.current = null;
    this.paceMeter.died();
    if (this.closed) return true;
    this.log(`The device process ended (${exit.reason}, ${exit.detail}); a device is started again.`);
    const suspect = this.turn !== null && this.sessions.has(this.turn) ? this.turn : null;
    const sessions = [...this.sessions.values()];
    await Promise.all(sessions.map((session) => session.died(exit, suspect === null || suspect === session.id)));
    await Promise.all(sessions.filter((session) => !session.active).map((session) => this.release(session)));
    return this.frameReceived;
  }

  private refuse(name: DeviceName, reason: string): void {
    this.refusals.push({ name, reason });
    this.options.inform?.(`The device ${name} is not used: ${reason}`);
  }

  private async startFailed(error: unknown, failures: number): Promise<void> {
    this.settleFirstStart?.reject(error);
    this.log(`The device could not be started (${failures} in a row):`, error);
    if (failures < MAX_FAILED_STARTS) return;
    const sessions = [...this.sessions.values()];
    if (this.options.isShared) {
      // Another worker's device may start.
      for (const session of sessions) await session.lose();
      await Promise.all(sessions.map((session) => this.release(session)));
      return;
    }
    await Promise.all(sessions.map((session) => session.fail({ code: "DEVICE_LOST", message: "The device could not be started again." })));
    await Promise.all(sessions.map((session) => this.release(session)));
  }
}
