import type { DeviceMessage, DeviceName } from "../device/messages.js";
import { messageOf } from "../errors.js";
import type { LineSink } from "../processes/child-output.js";
import { abortableDelay } from "./abortable-delay.js";
import { DeviceProcess, type DeviceProcessOptions, type ReadyMessage } from "./device-process.js";
import type { DeviceExit } from "./exit.js";

/** Receives what happens to a device process. Calls never overlap, except that messages come at any time after `up`. */
export interface DeviceListener {
  up(process: DeviceProcess, ready: ReadyMessage): void;
  message(message: DeviceMessage): void;
  /** Returns whether the process had done any work, which resets the back-off; awaited before the next start. */
  down(exit: DeviceExit): Promise<boolean>;
  /** A device is not used, or no more; the next one takes its place. */
  refused(device: DeviceName, reason: string): void;
  /** `failures` starts in a row have failed, the last one with `error`; awaited before the next start. */
  startFailed(error: unknown, failures: number): Promise<void>;
}

/**
 * Wait before the next start after 0, 1, 2, ... failed starts or lives without work in a row, ms; then the last one.
 */
export const restartDelaysMs: readonly number[] = [0, 250, 1000, 4000, 15_000, 30_000];

/** Longest time in which a device that has others after it may open and pass its self-test, ms. */
const TRIAL_MS = 60_000;

/** Deaths of a device's process, and failures that it reported, after which it gives way to the next one. */
const [MOST_DEATHS, MOST_FAILURES] = [3, 2];

/**
 * Keeps one device process running: restarts it when it dies, the later the more often it failed in a row. Of several
 * devices it takes the first that opens and is faster than the processor; the last one is used in any case.
 */
export class DeviceSupervisor {
  /** Devices that are not refused, the one in use first. */
  private candidates: readonly DeviceName[];
  /** Devices that were found to be fast. A busy processor would spoil a later comparison. */
  private readonly fast = new Set<DeviceName>();
  /** How often the device in use has died since it was chosen. */
  private deaths = 0;
  /** What it said before it ended itself, the newest few. */
  private failures: string[] = [];
  private readonly closing = new AbortController();
  private process: DeviceProcess | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: Omit<DeviceProcessOptions, "device" | "isLast">,
    devices: readonly DeviceName[],
    private readonly listener: DeviceListener,
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
        if (this.closed) await started.process.kill();
        else this.listener.up(started.process, started.ready);
        const exit = await started.process.exited;
        this.process = null;
        attemptsWithoutWork = (await this.listener.down(exit)) ? 0 : attemptsWithoutWork + 1;
        this.deaths++;
        const isOver = this.deaths >= MOST_DEATHS || this.failures.length >= MOST_FAILURES;
        if (isOver && this.candidates.length > 1) {
          this.refuse(this.failures.at(-1) ?? `Its process ended ${this.deaths} times.`);
          attemptsWithoutWork = 0;
        }
      }
      const wait = restartDelaysMs[Math.min(attemptsWithoutWork, restartDelaysMs.length - 1)]!;
      if (!(await abortableDelay(wait, this.closing.signal))) return;
    }
  }

  /** Starts the first device that is right and fast, and refuses those before it. */
  private async tryStart(): Promise<{ process: DeviceProcess; ready: ReadyMessage } | { error: unknown }> {
    for (;;) {
      const device = this.candidates[0]!;
      const isLast = this.candidates.length === 1;
      const startTimeoutMs = isLast ? this.options.startTimeoutMs : Math.min(TRIAL_MS, this.options.startTimeoutMs);
      // What a driver prints about a device that is not used would alarm people on every start.
      let isChosen = isLast;
      const output: LineSink = (line) => isChosen && this.options.output(line);
      try {
        const options = { ...this.options, device, isLast, startTimeoutMs, output };
        const started = await DeviceProcess.start(options, (message) => this.receive(message), this.closing.signal);
        const slowness = isLast || this.fast.has(device) ? null : slownessOf(started.ready);
        if (slowness === null) {
          isChosen = true;
          this.fast.add(device);
          return started;
        }
        await started.process.kill();
        this.refuse(slowness);
      } catch (error) {
        if (isLast || this.closed) return { error };
        this.refuse(messageOf(error));
      }
    }
  }

  private receive(message: DeviceMessage): void {
    if (message.type === "failed" && message.sessionId === null) {
      this.failures = [...this.failures, message.message].slice(-MOST_FAILURES);
    }
    this.listener.message(message);
  }

  private refuse(reason: string): void {
    const [device, ...others] = this.candidates;
    this.candidates = others;
    this.deaths = 0;
    this.failures = [];
    this.listener.refused(device!, reason);
  }
}

/** Why a device is slower than the processor; null where it is not, or was not tested. */
function slownessOf({ selfTest }: ReadyMessage): string | null {
  if (selfTest === null || selfTest.ms < selfTest.processorMs) return null;
  const [own, processor] = [selfTest.ms, selfTest.processorMs].map((ms) => (ms < 10 ? ms.toFixed(1) : Math.round(ms)));
  return `It takes ${own} ms for a small loss and its gradient, and the processor ${processor} ms.`;
}
