import { existsSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { Worker } from "node:worker_threads";

/** What a process may use before it is killed. */
export interface ProcessLimits {
  /** Resident memory, bytes. */
  memoryBytes: number;
  /** Time of processors since `begin`, ms: other than time on the clock, it does not grow while the machine is busy. */
  cpuMs?: number;
}

/** Message that a process writes to stderr before it is killed. */
export const outOfMemory = "Out of memory: this process may use no more.";
export const outOfTime = "Out of time: this process has computed for too long.";

/** How often the limits are checked, ms. */
const WATCH_MS = 25;

/** The guard's own thread: the main thread may be blocked. */
const watch = `
const { parentPort, workerData: { memoryBytes, cpuMs = Infinity, every, outOfMemory, outOfTime } } = require("node:worker_threads");
let begin = Infinity;
const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
parentPort.on("message", (busy) => { begin = busy ? used() : Infinity; });
setInterval(() => {
  const words = process.memoryUsage.rss() > memoryBytes ? outOfMemory : used() - begin > cpuMs ? outOfTime : null;
  if (words === null) return;
  require("node:fs").writeSync(2, words + "\\n");
  process.kill(process.pid, "SIGKILL");
}, every);
`;

/** Tells the guard of a process when its work begins and ends. */
export interface ProcessGuard {
  begin(): void;
  end(): void;
}

/** Lowers the priority of this process, and kills it as soon as it uses more than its limits. */
export function guardProcess(limits: ProcessLimits): ProcessGuard {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  // If the whole machine runs out of memory after all, Linux kills this process first.
  if (existsSync("/proc/self/oom_score_adj")) writeFileSync("/proc/self/oom_score_adj", "1000");
  const worker = new Worker(watch, { eval: true, execArgv: [], workerData: { ...limits, every: WATCH_MS, outOfMemory, outOfTime } });
  return { begin: () => worker.postMessage(true), end: () => worker.postMessage(false) };
}
