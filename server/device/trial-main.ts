/**
 * A process that tries one model and exits. Whatever a model can do to a process, it does to this one: the host that
 * forked it limits its time, and a thread of its own limits its memory.
 */
import { existsSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { Worker } from "node:worker_threads";
import { OnnxEngine } from "../engine/onnx.js";
import { AtelierError } from "../errors.js";
import { attachToHost, sendToHost } from "./host-channel.js";
import { reasonOf, type TrialFile, tryModel } from "./trial.js";

/** How often the memory is checked, ms. */
const WATCH_MS = 25;
/** Code of the thread that checks the memory: a run blocks the main thread. */
const watch = `
const { workerData: { limit, every } } = require("node:worker_threads");
setInterval(() => {
  if (process.memoryUsage.rss() < limit) return;
  require("node:fs").writeSync(2, "The trial ran out of memory: it may use " + limit + " bytes.\\n");
  process.kill(process.pid, "SIGKILL");
}, every);
`;

attachToHost();
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
// If the whole machine runs out of memory after all, Linux kills this process first.
if (existsSync("/proc/self/oom_score_adj")) writeFileSync("/proc/self/oom_score_adj", "1000");

process.once("message", ({ file, memoryBytes }: { file: TrialFile; memoryBytes: number }) => void run(file, memoryBytes));

async function run(file: TrialFile, memoryBytes: number): Promise<void> {
  // One thread: sessions that are painted meanwhile keep the others.
  const engine = new OnnxEngine(1);
  new Worker(watch, { eval: true, execArgv: [], workerData: { limit: memoryBytes, every: WATCH_MS } });
  await sendToHost({ type: "started" });
  try {
    const { parameters } = await tryModel(engine, file);
    await sendToHost({ type: "passed", parameters });
  } catch (error) {
    // A typed error without a cause holds nothing that the host does not receive.
    if (!(error instanceof AtelierError) || error.cause !== undefined) console.error(`The model ${file.id} was refused:`, error);
    await sendToHost({ type: "refused", reason: reasonOf(error, file.path) });
  }
  process.exit(0);
}
