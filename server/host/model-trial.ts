import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { totalmem } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { driverIdentity } from "../device/driver.js";
import { environmentOf } from "../device/environment.js";
import { type DeviceName, kindOf } from "../device/messages.js";
import type { TrialFile, TrialMessage } from "../device/trial.js";
import type { TrialRequest } from "../device/trial-main.js";
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

/** Most memory that a trial on the processor may use, bytes; less on a small machine. */
export const MAX_TRIAL_MEMORY = 3 * 2 ** 30;

/** How long it is waited until a process that was killed is gone, ms. */
const GONE_MS = 5000;

const halfOfMemory = Math.floor((process.constrainedMemory() || totalmem()) / 2);

/** A trial on a graphics device, whose driver needs memory too, may use half of the machine's. */
export const trialLimits: TrialLimits = {
  startMs: 60_000,
  timeMs: 30_000,
  memoryBytes: Math.min(MAX_TRIAL_MEMORY, halfOfMemory),
};

/** A trial that this machine could not end, as for lack of time or memory; another machine may. */
export class TrialCutShort extends AtelierError {
  constructor(message: string) {
    super("UNAVAILABLE", message);
  }
}

/** The kind of the trials on this machine's processor. */
export function processorKind(): TrialKind {
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
  return trialKind("cpu", `onnxruntime ${version}`);
}

/**
 * The kind of the trials on a graphics device. Its description names the engine and, where that is known, the card; another
 * driver is another kind.
 */
export async function graphicsKind(device: DeviceName, description: string): Promise<TrialKind> {
  return trialKind(kindOf(device), `${description}, drivers ${(await driverIdentity()).slice(0, 12)}`);
}

function trialKind(device: string, engine: string): TrialKind {
  return { device: `${device} ${process.platform} ${process.arch}`, engine: `${engine}, checks ${CHECKS_VERSION}` };
}

const entry = scriptFrom(import.meta.url, "../device/trial-main");

/**
 * Tries a model on a device, by default the processor, in a process of its own, within limits of time and memory. Returns the
 * number of its parameters. `output` receives what the process prints.
 * @throws AtelierError UNAVAILABLE with the reason why the model cannot be used, as TrialCutShort where that lies with this
 * machine too; the signal's reason when it aborts.
 */
export async function tryInProcess(
  { id, path, architecture, form }: TrialFile,
  signal: AbortSignal,
  { device = "cpu", output = toStderr, ...limits }: Partial<TrialLimits> & { device?: DeviceName; output?: LineSink } = {},
): Promise<{ parameters: number }> {
  const places = { ...trialLimits, ...(device === "cpu" ? {} : { memoryBytes: halfOfMemory }), ...limits };
  const attempt = (file: TrialFile | null) => inProcess({ file, device, memoryBytes: places.memoryBytes }, signal, places, output);
  try {
    return await attempt({ id, path, architecture, form });
  } catch (error) {
    if (device === "cpu" || signal.aborted || error instanceof TrialCutShort) throw error;
    // A graphics device may have failed whatever it ran. Where a new process can use it, the model has another chance.
    await attempt(null);
    return attempt({ id, path, architecture, form });
  }
}

async function inProcess(
  request: TrialRequest,
  signal: AbortSignal,
  { startMs, timeMs }: TrialLimits,
  output: LineSink,
): Promise<{ parameters: number }> {
  signal.throwIfAborted();
  const env = { ...process.env, ...environmentOf(request.device) };
  const child = fork(entry, [], { execArgv: nodeOptions(entry), env, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  const watch = new TrialWatch(child, signal, output);
  try {
    if (child.connected) child.send(request, () => undefined);
    await watch.next(startMs, "The server was too busy to try it.").catch((error: unknown) => {
      // It had not seen the model yet.
      throw error instanceof AtelierError && !signal.aborted ? new TrialCutShort(error.message) : error;
    });
    const outcome = await watch.next(timeMs, `It took more than ${Math.round(timeMs / 1000)} s for a small picture.`);
    if (outcome.type !== "passed") throw unavailable("Its trial ended early.");
    return { parameters: outcome.parameters };
  } finally {
    child.kill("SIGKILL");
    // A driver can keep a process from ending.
    await Promise.race([watch.gone, delay(GONE_MS, undefined, { ref: false })]);
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
   * @throws AtelierError UNAVAILABLE with the reason of a refusal or the cause of death, TrialCutShort where that lies with this
   * machine, and with `tooLate` after that time; the signal's reason.
   */
  async next(limitMs: number, tooLate: string): Promise<Extract<TrialMessage, { type: "started" | "passed" }>> {
    const deadline = AbortSignal.timeout(limitMs);
    const either = AbortSignal.any([deadline, this.signal]);
    for (;;) {
      const message = this.messages.shift();
      if (message?.type === "refused") throw unavailable(message.reason);
      if (message?.type === "cutShort") throw new TrialCutShort(message.reason);
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
