import type { DeviceMessage, DeviceName } from "../device/messages.js";
import { AtelierError, messageOf } from "../errors.js";
import type { LineSink } from "../processes/child-output.js";
import { abortableDelay } from "./abortable-delay.js";
import { DeviceProcess, type DeviceProcessOptions, type ReadyMessage } from "./device-process.js";
import { type Started, type SurveyListener, surveyDevices } from "./device-survey.js";
import type { DeviceExit } from "./exit.js";
import { noVerdicts, type Verdicts } from "./verdicts.js";

/** Receives what happens to a device process. Calls never overlap, except that messages come at any time after `up`. */
export interface DeviceListener extends SurveyListener {
  up(process: DeviceProcess, ready: ReadyMessage): void;
  message(message: DeviceMessage): void;
  /** Returns whether the process had done any work, which resets the back-off; awaited before the next start. */
  down(exit: DeviceExit): Promise<boolean>;
  /** `failures` starts in a row have failed, the last one with `error`; awaited before the next start. */
  startFailed(error: unknown, failures: number): Promise<void>;
}

/**
 * Wait before the next start after 0, 1, 2, ... failed starts or lives without work in a row, ms; then the last one.
 */
export const restartDelaysMs: readonly number[] = [0, 250, 1000, 4000, 15_000, 30_000];

/** How a process is started, apart from its device. */
export type ProcessOptions = Omit<DeviceProcessOptions, "device" | "isLast" | "isTested">;

/** Longest time in which a device that has others after it may open and pass its self-test, ms. */
const TRIAL_MS = 60_000;

/** Deaths of a device's process, and failures that it reported, after which it gives way to the next one. */
const [MOST_DEATHS, MOST_FAILURES] = [3, 2];

/** How long a process lives before its device is trusted again, as if it had never died, ms. */
const TRUSTED_AFTER_MS = 3_600_000;

/** Lines kept of what a process prints that may never be used. */
const MAX_KEPT_LINES = 50;

/**
 * Keeps one device process running: restarts it when it dies, the later the more often it failed in a row. Of several
 * devices it takes the fastest that computes right; the last one is used in any case.
 */
export class DeviceSupervisor {
  /** Devices that are not refused, the one in use first. */
  private candidates: readonly DeviceName[];
  private isSurveyed = false;
  /** The device of the last process that was open. */
  private inUse: DeviceName | null = null;
  /** How often the device in use has died since it was chosen. */
  private deaths = 0;
  /** What it said before it ended itself, the newest few. */
  private failures: string[] = [];
  /** Why its numbers are wrong; null where they are right, as far as is known. */
  private wrongNumbers: string | null = null;
  private readonly closing = new AbortController();
  private process: DeviceProcess | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: ProcessOptions,
    devices: readonly DeviceName[],
    private readonly listener: DeviceListener,
    private readonly verdicts: Verdicts = noVerdicts,
  ) {
    this.candidates = devices;
  }

  /** Starts the process, and keeps it running from then on. */
  start(): void {
    this.running = this.keepRunning();
  }

  /** Kills the process for good. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.process?.kill();
    await this.running;
  }

  private get closed(): boolean {
    return this.closing.signal.aborted;
  }

  private async keepRunning(): Promise<void> {
    let attemptsWithoutWork = 0;
    let failedStarts = 0;
    while (!this.closed) {
      const started = await this.tryStart();
      if ("error" in started) {
        if (this.closed) return;
        await this.listener.startFailed(started.error, ++failedStarts);
        attemptsWithoutWork++;
      } else {
        failedStarts = 0;
        this.process = started.process;
        this.inUse = this.candidates[0]!;
        if (this.closed) await started.process.kill();
        else this.listener.up(started.process, started.ready);
        const began = performance.now();
        const exit = await started.process.exited;
        this.process = null;
        attemptsWithoutWork = (await this.listener.down(exit)) ? 0 : attemptsWithoutWork + 1;
        if (performance.now() - began >= TRUSTED_AFTER_MS) this.deaths = 0;
        this.deaths++;
        if (this.candidates.length > 1 && !this.closed) {
          const reason = this.reasonToRefuse();
          if (reason !== null) {
            await this.refuse(reason);
            attemptsWithoutWork = 0;
          } else await this.verdicts.remember(this.candidates[0]!, null);
        }
      }
      const wait = restartDelaysMs[Math.min(attemptsWithoutWork, restartDelaysMs.length - 1)]!;
      if (!(await abortableDelay(wait, this.closing.signal))) return;
    }
  }

  /** Starts the fastest device that is not refused, and refuses those before it. */
  private async tryStart(): Promise<Started | { error: unknown }> {
    const isFirst = !this.isSurveyed;
    if (isFirst) {
      this.isSurveyed = true;
      const { verdicts, listener } = this;
      const [tried, last] = [this.candidates.slice(0, -1), this.candidates.at(-1)!];
      const found = await surveyDevices(tried, (device) => this.open(device), { verdicts, listener, signal: this.closing.signal });
      this.candidates = [...found.usable, last];
      this.failures = [];
      this.wrongNumbers = null;
      if (found.started) return found.started;
    }
    for (;;) {
      const isLast = this.candidates.length === 1;
      try {
        // One that is known from an earlier start is tested again when it has failed in this one.
        return await this.open(this.candidates[0]!, { isLast, isTested: isLast || !isFirst });
      } catch (error) {
        if (isLast || this.closed) return { error };
        await this.refuse(messageOf(error));
      }
    }
  }

  private async open(device: DeviceName, { isLast = false, isTested = true } = {}): Promise<Started> {
    const startTimeoutMs = isLast ? this.options.startTimeoutMs : Math.min(TRIAL_MS, this.options.startTimeoutMs);
    // What a driver prints about a device that is not used would alarm people on every start.
    const kept: string[] = [];
    const output: LineSink = (line) => {
      if (isLast || device === this.inUse) this.options.output(line);
      else if (kept.length < MAX_KEPT_LINES) kept.push(line);
    };
    const options = { ...this.options, device, isLast, isTested, startTimeoutMs, output };
    try {
      return await DeviceProcess.start(options, (message) => this.receive(message), this.closing.signal);
    } catch (error) {
      // A fault of ours, which the message does not describe.
      if (error instanceof AtelierError && error.code === "INTERNAL") for (const line of kept) this.options.output(line);
      throw error;
    }
  }

  /** Why the device in use gives way to the next one after its process has ended; null where it is started again. */
  private reasonToRefuse(): string | null {
    if (this.wrongNumbers !== null) return this.wrongNumbers;
    if (this.failures.length >= MOST_FAILURES) return this.failures.at(-1)!;
    return this.deaths >= MOST_DEATHS ? `Its process ended ${this.deaths} times.` : null;
  }

  private receive(message: DeviceMessage): void {
    if (message.type === "failed" && message.sessionId === null) {
      this.failures = [...this.failures, message.message].slice(-MOST_FAILURES);
      if (message.code === "UNAVAILABLE") this.wrongNumbers = message.message;
    }
    this.listener.message(message);
  }

  private async refuse(reason: string): Promise<void> {
    const [device, ...others] = this.candidates;
    this.candidates = others;
    this.deaths = 0;
    this.failures = [];
    this.wrongNumbers = null;
    this.listener.refused(device!, reason);
    await this.verdicts.remember(device!, null);
  }
}
