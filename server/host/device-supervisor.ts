import type { DeviceMessage } from "../device/messages.js";
import { abortableDelay } from "./abortable-delay.js";
import { DeviceProcess, type DeviceProcessOptions, type ReadyMessage } from "./device-process.js";
import type { DeviceExit } from "./exit.js";

/** What the supervisor's owner is told. Calls never overlap, except that messages come at any time after `up`. */
export interface DeviceListener {
  up(process: DeviceProcess, ready: ReadyMessage): void;
  message(message: DeviceMessage): void;
  /** Answers whether the process had done any work, which ends the back-off; awaited before the next start. */
  down(exit: DeviceExit): Promise<boolean>;
  /** A start failed, for the `failures`th time in a row; awaited before the next one. */
  startFailed(error: unknown, failures: number): Promise<void>;
}

/** Waits before the next start after 1, 2, ... starts or lives without work in a row, ms; the last one holds from then on. */
export const restartDelaysMs: readonly number[] = [0, 250, 1000, 4000, 15_000, 30_000];

/** Keeps one device process running: restarts it when it dies, the sooner the better it fared. */
export class DeviceSupervisor {
  private readonly closing = new AbortController();
  private process: DeviceProcess | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: DeviceProcessOptions,
    private readonly listener: DeviceListener,
  ) {}

  /** Begins to keep a process running. */
  start(): void {
    this.running = this.keepRunning();
  }

  /** Kills the process and restarts it no more. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.process?.kill();
    await this.running;
  }

  private get closed(): boolean {
    return this.closing.signal.aborted;
  }

  private async keepRunning(): Promise<void> {
    let fruitless = 0;
    let failedStarts = 0;
    while (!this.closed) {
      const started = await this.tryStart();
      if ("error" in started) {
        if (this.closed) return;
        await this.listener.startFailed(started.error, ++failedStarts);
        fruitless++;
      } else {
        failedStarts = 0;
        this.process = started.process;
        if (this.closed) await started.process.kill();
        else this.listener.up(started.process, started.ready);
        const exit = await started.process.exited;
        this.process = null;
        fruitless = (await this.listener.down(exit)) ? 0 : fruitless + 1;
      }
      const wait = restartDelaysMs[Math.min(fruitless, restartDelaysMs.length - 1)] ?? 0;
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
