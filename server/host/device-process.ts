import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { environmentOf } from "../device/environment.js";
import type { DeviceMessage, DeviceName, HostMessage } from "../device/messages.js";
import { AtelierError } from "../errors.js";
import { ChildOutput, type LineSink, toStderr } from "../processes/child-output.js";
import { Heartbeat } from "../processes/heartbeat.js";
import { nodeOptions, scriptFrom } from "../processes/script.js";
import { type DeviceExit, outOfMemoryKills } from "./exit.js";
import { SilenceLimit, type SilenceOptions } from "./silence-limit.js";

export type ReadyMessage = Extract<DeviceMessage, { type: "ready" }>;

export interface DeviceProcessOptions {
  device: DeviceName;
  /** Whether no other device takes the place of this one. */
  isLast: boolean;
  /** Whether a device with a driver compares its numbers with the processor's before it is ready. */
  isTested: boolean;
  /** Script of the process; one that ends in .ts is run with tsx. */
  entry: URL;
  /** Longest time from the fork to `ready`, ms: it loads an engine, not networks. */
  startTimeoutMs: number;
  /** Time between two pings, ms. */
  pingIntervalMs: number;
  /** How long the process may send nothing before it counts as hung: one evaluation blocks its thread. */
  silence: SilenceOptions;
  /** How long its heartbeat, which no evaluation blocks, may pause before the process counts as hung, ms. */
  heartbeatMs: number;
  /** Options of Node for the process, in addition to those that its script needs. */
  execArgv: readonly string[];
  /** Receives what the process prints. */
  output: LineSink;
}

export const deviceProcessDefaults = {
  device: "cpu",
  isLast: true,
  isTested: true,
  entry: scriptFrom(import.meta.url, "../device/main"),
  startTimeoutMs: 120_000,
  pingIntervalMs: 2000,
  silence: { floorMs: 20_000, ceilingMs: 240_000 },
  heartbeatMs: 20_000,
  execArgv: [],
  output: toStderr,
} as const satisfies DeviceProcessOptions;

/** How long a channel may still hold messages after its process has exited, ms. */
const DRAIN_MS = 1000;

/** One device process from its fork to its end; `DeviceSupervisor` starts the next one. */
export class DeviceProcess {
  /** Resolves after the process has exited and its last message was passed on. */
  readonly exited: Promise<DeviceExit>;
  private readonly child: ChildProcess;
  private readonly output: ChildOutput;
  private readonly killsBefore = outOfMemoryKills();
  private killedAs: "closed" | "hung" | null = null;
  private silentPings = 0;
  private readonly heartbeat: Heartbeat;
  private readonly silenceLimit: SilenceLimit;

  private constructor(
    private readonly options: DeviceProcessOptions,
    private readonly onMessage: (message: DeviceMessage) => void,
  ) {
    this.silenceLimit = new SilenceLimit(options.silence);
    const execArgv = [...nodeOptions(options.entry), ...options.execArgv];
    this.child = fork(options.entry, [], {
      execArgv,
      env: { ...process.env, ...environmentOf(options.device) },
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc", "pipe"],
    });
    this.heartbeat = new Heartbeat(this.child);
    this.output = new ChildOutput([this.child.stdout, this.child.stderr], options.output);
    this.child.on("message", (message: DeviceMessage) => {
      this.silentPings = 0;
      this.silenceLimit.observe(message);
      this.onMessage(message);
    });
    this.exited = this.watchExit();
    this.every(options.pingIntervalMs, () => {
      if (this.heartbeat.check() > this.allowedBeatPings) this.killAs("hung");
    });
  }

  /**
   * Forks a device process and waits until its engine is open.
   * @throws AtelierError the process's own reason when it cannot open the device; DEVICE_LOST when it died or was not
   * ready in time. No process is left running then.
   */
  static async start(
    options: DeviceProcessOptions,
    onMessage: (message: DeviceMessage) => void,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<{ process: DeviceProcess; ready: ReadyMessage }> {
    const [first, resolveFirst] = deferred<DeviceMessage>();
    const process = new DeviceProcess(options, (message) => {
      resolveFirst(message);
      if (message.type !== "ready") onMessage(message);
    });
    const over = new AbortController();
    try {
      const { device, isLast, isTested } = options;
      process.send({ type: "open", device, isLast, isTested });
      const timeout = delay(options.startTimeoutMs, "timeout" as const, { signal: over.signal });
      const outcome = await Promise.race([first, process.exited, timeout, aborted(signal, over.signal)]);
      if (typeof outcome === "object" && "type" in outcome && outcome.type === "ready") {
        process.startPings();
        return { process, ready: outcome };
      }
      throw startError(outcome);
    } catch (error) {
      await process.kill();
      throw error;
    } finally {
      over.abort();
    }
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** False when more than half of the time has passed after which the process counts as hung. */
  get responding(): boolean {
    const isWithin = (pings: number, allowed: number) => pings <= Math.max(1, allowed / 2);
    return isWithin(this.silentPings, this.allowedPings) && isWithin(this.heartbeat.missed, this.allowedBeatPings);
  }

  /** Sends a message; it is lost when the process has exited, which `exited` reports. */
  send(message: HostMessage): void {
    if (this.child.connected) this.child.send(message, lostWithItsProcess);
  }

  /** Kills the process; it holds no data that could be lost. */
  async kill(): Promise<DeviceExit> {
    this.killAs("closed");
    return this.exited;
  }

  private killAs(reason: "closed" | "hung"): void {
    this.killedAs ??= reason;
    this.child.kill("SIGKILL");
  }

  /** Counts pings without any message in between, not time, so that no process is killed after the machine slept. */
  private startPings(): void {
    this.every(this.options.pingIntervalMs, () => {
      if (this.silentPings >= this.allowedPings) this.killAs("hung");
      else if (this.silentPings++ === 0) this.send({ type: "ping" });
    });
  }

  private every(ms: number, work: () => void): void {
    const timer = setInterval(work, ms);
    void this.exited.then(() => clearInterval(timer));
  }

  private get allowedPings(): number {
    return this.pingsWithin(this.silenceLimit.ms);
  }

  private get allowedBeatPings(): number {
    return this.pingsWithin(this.options.heartbeatMs);
  }

  private pingsWithin(ms: number): number {
    return Math.max(1, Math.ceil(ms / this.options.pingIntervalMs));
  }

  private async watchExit(): Promise<DeviceExit> {
    const disconnected = new Promise<void>((resolve) => this.child.once("disconnect", resolve));
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      this.child.once("exit", (...how) => resolve(how));
      // Stays for the life of the process: a signal that cannot be delivered is an error event too.
      this.child.on("error", () => {
        if (this.child.pid === undefined) resolve([null, null]);
      });
    });
    if (this.child.connected) await Promise.race([disconnected, delay(DRAIN_MS, undefined, { ref: false })]);
    const detail = signal ?? (code === null ? "could not be started" : `exit code ${code}`);
    return { reason: this.killedAs ?? this.causeOfDeath(signal), detail };
  }

  private causeOfDeath(signal: NodeJS.Signals | null): DeviceExit["reason"] {
    if (this.output.saysOutOfMemory()) return "out of memory";
    const kills = signal === "SIGKILL" ? outOfMemoryKills() : null;
    return kills !== null && this.killsBefore !== null && kills > this.killsBefore ? "out of memory" : "died";
  }
}

function lostWithItsProcess(): void {
  // A message that could not be sent needs no handling: `exited` reports why.
}

function deferred<T>(): [Promise<T>, (value: T) => void] {
  const parts: { resolve?: (value: T) => void } = {};
  const promise = new Promise<T>((resolve) => {
    parts.resolve = resolve;
  });
  return [promise, (value) => parts.resolve?.(value)];
}

async function aborted(signal: AbortSignal, over: AbortSignal): Promise<"aborted"> {
  if (!signal.aborted) await once(signal, "abort", { signal: over });
  return "aborted";
}

function startError(outcome: DeviceMessage | DeviceExit | "timeout" | "aborted"): AtelierError {
  if (outcome === "timeout") return new AtelierError("DEVICE_LOST", "The device process was not ready in time.");
  if (outcome === "aborted") return new AtelierError("DEVICE_LOST", "The host is closing.");
  if ("reason" in outcome) return new AtelierError("DEVICE_LOST", `The device process ended while it started (${outcome.detail}).`);
  if (outcome.type === "failed") return new AtelierError(outcome.code, outcome.message);
  return new AtelierError("DEVICE_LOST", `The device process sent "${outcome.type}" before "ready".`);
}
