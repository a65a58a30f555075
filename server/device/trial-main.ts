/**
 * A process that tries one model and ends. What a model can do to a process, it does to this one: the host that forked
 * it watches the time, and a thread of its own the memory.
 */
import { existsSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { Worker } from "node:worker_threads";
import { OnnxEngine } from "../engine/onnx.js";
import { AtelierError } from "../errors.js";
import { reasonOf, type TrialFile, type TrialMessage, tryModel } from "./trial.js";

/** How often the memory is looked at, ms. A run blocks this process's first thread, so another one looks. */
const WATCH_MS = 25;
const watch = `
const { workerData: { limit, every } } = require("node:worker_threads");
setInterval(() => {
  if (process.memoryUsage.rss() < limit) return;
  require("node:fs").writeSync(2, "The trial ran out of memory: it may use " + limit + " bytes.\\n");
  process.kill(process.pid, "SIGKILL");
}, every);
`;

if (!process.send) throw new Error("A trial process is forked by a host; it does not run by itself.");
process.on("SIGINT", () => undefined);
process.once("disconnect", () => process.exit(0));
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
// Where the whole machine is short of memory after all, Linux takes this process first.
if (existsSync("/proc/self/oom_score_adj")) writeFileSync("/proc/self/oom_score_adj", "1000");

process.once("message", ({ file, memoryBytes }: { file: TrialFile; memoryBytes: number }) => void run(file, memoryBytes));

async function run(file: TrialFile, memoryBytes: number): Promise<void> {
  // One thread: whatever is painted meanwhile keeps the others.
  const engine = new OnnxEngine(1);
  new Worker(watch, { eval: true, execArgv: [], workerData: { limit: memoryBytes, every: WATCH_MS } });
  await tell({ type: "started" });
  try {
    const { parameters } = await tryModel(engine, file);
    await tell({ type: "passed", parameters });
  } catch (error) {
    // What is told without a cause says all there is.
    if (!(error instanceof AtelierError) || error.cause !== undefined) console.error(`The model ${file.id} was refused:`, error);
    await tell({ type: "refused", reason: reasonOf(error, file.path) });
  }
  process.exit(0);
}

function tell(message: TrialMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send) process.send(message, undefined, undefined, () => resolve());
    else resolve();
  });
}
