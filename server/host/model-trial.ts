import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { totalmem } from "node:os";
import type { TrialFile, TrialMessage } from "../device/trial.js";
import { AtelierError, unavailable } from "../errors.js";
import { CHECKS_VERSION } from "../models/drop-ins/record.js";
import { ChildOutput, type LineSink, toStderr } from "../processes/child-output.js";
import { nodeOptions, scriptFrom } from "../processes/script.js";
import type { TrialKind } from "../records/shared-model.js";

export interface TrialLimits {
  /** Longest time from the fork until the process can begin, ms. */
  startMs: number;
  /** Longest time from then until the model has translated a picture, ms. */
  timeMs: number;
  /** Memory that the process may use, bytes. */
  memoryBytes: number;
}

/** Most memory that a trial may use, bytes; less on a small machine. */
export const MAX_TRIAL_MEMORY = 3 * 2 ** 30;

export const trialLimits: TrialLimits = {
  startMs: 60_000,
  timeMs: 30_000,
  memoryBytes: Math.min(MAX_TRIAL_MEMORY, Math.floor((process.constrainedMemory() || totalmem()) / 2)),
};

/** A trial that this machine had too little time or memory for; another machine may have more. */
export class TrialCutShort extends AtelierError {
  constructor(message: string) {
    super("UNAVAILABLE", message);
  }
}

/** The kind of the trials that this process runs. */
export function trialKind(): TrialKind {
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
  return { processor: `cpu ${process.platform} ${process.arch}`, engine: `onnxruntime ${version}, checks ${CHECKS_VERSION}` };
}

const entry = scriptFrom(import.meta.url, "../device/trial-main");

/**
 * Tries a model in a process of its own, within limits of time and memory. Returns the number of its parameters.
 * `output` receives what the process prints.
 * @throws AtelierError UNAVAILABLE with the reason why the model cannot be used, as TrialCutShort where that lies with this
 * machine too; the signal's reason when it aborts.
 */
export async function tryInProcess(
  { id, path, architecture, form }: TrialFile,
  signal: AbortSignal,
  { output = toStderr, ...limits }: Partial<TrialLimits> & { output?: LineSink } = {},
): Promise<{ parameters: number }> {
  const { startMs, timeMs, memoryBytes } = { ...trialLimits, ...limits };
  signal.throwIfAborted();
  const child = fork(entry, [], { execArgv: nodeOptions(entry), stdio: ["ignore", "ignore", "pipe", "ipc"] });
  const watch = new TrialWatch(child, signal, output);
  try {
    if (child.connected) child.send({ file: { id, path, architecture, form }, memoryBytes }, () => undefined);
    const started = await watch.next(startMs, "The server was too busy to try it.");
    if (started.type === "refused") throw unavailable(started.reason);
    const outcome = await watch.next(timeMs, `It took more than ${Math.round(timeMs / 1000)} s for a small picture.`);
    if (outcome.type !== "passed") throw unavailable(outcome.type === "refused" ? outcome.reason : "Its trial ended early.");
    return { parameters: outcome.parameters };
  } finally {
    child.kill("SIGKILL");
    await watch.gone;
  }
}

/** The messages of a trial process, and its exit. */
class TrialWatch {
  /** Resolves when the process has exited. */
  readonly gone: Promise<void>;
  private readonly messages: TrialMessage[] = [];
  private readonly output: ChildOutput;
  private ended = false;
  private endedBy: NodeJS.Signals | null = null;
  private wake: () => void = () => undefined;

  constructor(
    child: ChildProcess,
    private readonly signal: AbortSignal,
    sink: LineSink,
  ) {
    this.output = new ChildOutput([child.stderr], sink);
    child.on("message", (message: TrialMessage) => {
      this.messages.push(message);
      this.wake();
    });
    this.gone = new Promise((resolve) => {
      const end = (signal: NodeJS.Signals | null) => {
        this.ended = true;
        this.endedBy = signal;
        this.wake();
        resolve();
      };
      child.once("close", (_code, signal) => end(signal));
      // A process that could not be started emits no `close`.
      child.on("error", () => child.pid === undefined && end(null));
    });
  }

  /**
   * The next message, within `limitMs`.
   * @throws AtelierError UNAVAILABLE with the cause of death, or with `tooLate` after that time; the signal's reason.
   */
  async next(limitMs: number, tooLate: string): Promise<TrialMessage> {
    const deadline = AbortSignal.timeout(limitMs);
    const either = AbortSignal.any([deadline, this.signal]);
    for (;;) {
      const message = this.messages.shift();
      if (message) return message;
      this.signal.throwIfAborted();
      if (this.ended) throw this.causeOfDeath();
      if (deadline.aborted) throw new TrialCutShort(tooLate);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        either.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  private causeOfDeath(): AtelierError {
    if (this.output.saysOutOfMemory()) return new TrialCutShort("It needs too much memory for a small picture.");
    const reason = "It ends the process that runs it.";
    // A model crashes its process with other signals: this one comes from a machine without memory.
    return this.endedBy === "SIGKILL" ? new TrialCutShort(reason) : unavailable(reason);
  }
}
