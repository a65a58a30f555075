import { once } from "node:events";
import { fstatSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { systemCode } from "../errors.js";

/** File descriptor of the pipe to the host, beside the channel of messages. */
export const HEARTBEAT_FD = 4;

/** Time between two beats, ms. */
const INTERVAL_MS = 1000;

/** What the thread runs; a host that is gone ends it. */
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
 * Tells the host every second that this process runs, from a thread of its own: an evaluation blocks the main thread for
 * as long as it takes. Resolves after the first beat. A process without the host's pipe has no heartbeat.
 */
export async function startHeartbeat(): Promise<void> {
  if (!hasPipe()) return;
  const worker = new Worker(thread, { eval: true, execArgv: [] });
  worker.unref();
  await once(worker, "message");
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
