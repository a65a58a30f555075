import { readFileSync } from "node:fs";

/** How a device process ended. */
export interface DeviceExit {
  reason: "closed" | "hung" | "out of memory" | "died";
  /** For the log: exit code or signal. */
  detail: string;
}

const memoryMessages = /heap out of memory|bad_alloc|out of memory|cannot allocate memory|allocation failed/i;

/** Whether what the process wrote last to stderr says that memory ran out. */
export function tellsOutOfMemory(lastWords: string): boolean {
  return memoryMessages.test(lastWords);
}

/**
 * How many processes Linux has killed for want of memory since it started, on the whole machine; null where that is not
 * told. A rise beside a death by SIGKILL that was not ours says who killed.
 */
export function outOfMemoryKills(): number | null {
  if (process.platform !== "linux") return null;
  try {
    const count = /^oom_kill (\d+)$/m.exec(readFileSync("/proc/vmstat", "utf8"))?.[1];
    return count === undefined ? null : Number(count);
  } catch {
    // Some containers hide this file; then such a death is told as a lost device.
    return null;
  }
}
