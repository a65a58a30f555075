import type { DeviceMessage } from "../device/messages.js";
import { abortableDelay } from "./abortable-delay.js";
import { DeviceProcess, type DeviceProcessOptions, type ReadyMessage } from "./device-process.js";
import type { DeviceExit } from "./exit.js";

/** Receives what happens to a device process. Calls never overlap, except that messages come at any time after `up`. */
export interface DeviceListener {
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

/** Keeps one device process running: restarts it when it dies, the later the more often it failed in a row. */
export class DeviceSupervisor {
  private readonly closing = new AbortController();
  private process: DeviceProcess | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: DeviceProcessOptions,
    private readonly listener: DeviceListener,
  ) {}

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
      }
      const wait = restartDelaysMs[Math.min(attemptsWithoutWork, restartDelaysMs.length - 1)]!;
      if (!(await abortableDelay(wait, this.closing.signal))) return;
    }
  }

  private async tryStart() {
    try {
      return await DeviceProcess.start(this.options, (message) => this.listener.message(message), this.closing.signal);
    } catch (error) {
      return { error };
    }
  }
}
