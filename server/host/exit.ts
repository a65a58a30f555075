import { readFileSync } from "node:fs";

/** How a device process ended. */
export interface DeviceExit {
  reason: "closed" | "hung" | "out of memory" | "died";
  /** For the log: exit code or signal. */
  detail: string;
}

/**
 * Number of processes that Linux has killed for lack of memory since it started, on the whole machine; null where the
 * system does not say. When it rises while a process dies of a SIGKILL that was not ours, that process was one of them.
 */
export function outOfMemoryKills(): number | null {
  if (process.platform !== "linux") return null;
  try {
    const count = /^oom_kill (\d+)$/m.exec(readFileSync("/proc/vmstat", "utf8"))?.[1];
    return count === undefined ? null : Number(count);
  } catch {
    // Some containers hide this file; such a death is then reported as a lost device.
    return null;
  }
}
