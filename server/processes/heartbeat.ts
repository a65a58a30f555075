import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fstatSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { systemCode } from "../errors.js";

/** File descriptor of the pipe to the parent process, beside the channel of messages: the fifth entry of `stdio`. */
const HEARTBEAT_FD = 4;

/** Time between two beats, ms. */
const INTERVAL_MS = 1000;

/** What the thread runs; a parent process that is gone ends it. */
const thread = `
  const { writeSync } = require("node:fs");
  const beat = () => {
    try {
      writeSync(${HEARTBEAT_FD}, ".");
    } catch (error) {
      if (error.code !== "EAGAIN") clearInterval(timer);
    }
  };
  const timer = setInterval(beat, ${INTERVAL_MS});
  beat();
  require("node:worker_threads").parentPort.postMessage("beating");
`;

/**
 * Tells the parent process every second that this one runs, from a thread of its own, because work may block the main
 * thread for long. Resolves after the first beat. A process without the pipe has no heartbeat.
 */
export async function startHeartbeat(): Promise<void> {
  if (!hasPipe()) return;
  const worker = new Worker(thread, { eval: true, execArgv: [] });
  worker.unref();
  await once(worker, "message");
}

/** Hears the beats of a child process, which was forked with a pipe for them. */
export class Heartbeat {
  private checks: number | null = null;

  constructor({ stdio }: Pick<ChildProcess, "stdio">) {
    stdio[HEARTBEAT_FD]?.on("data", () => {
      this.checks = 0;
    });
  }

  /** How many checks have passed since the last beat; 0 before the first beat. */
  get missed(): number {
    return this.checks ?? 0;
  }

  /** Counts a check. Checks are counted and not time, so that no process seems silent after the machine slept. */
  check(): number {
    if (this.checks !== null) this.checks++;
    return this.missed;
  }
}

function hasPipe(): boolean {
  try {
    const pipe = fstatSync(HEARTBEAT_FD);
    return pipe.isFIFO() || pipe.isSocket();
  } catch (error) {
    if (systemCode(error) === "EBADF") return false;
    throw error;
  }
}
