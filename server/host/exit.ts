import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";

/** How a device process ended. */
export interface DeviceExit {
  reason: "closed" | "hung" | "out of memory" | "died";
  /** For the log: exit code or signal. */
  detail: string;
}

/** How much of a process's stderr is kept to find out why it died, characters. */
const TAIL_LENGTH = 16_000;

const memoryMessages = /heap out of memory|bad_alloc|out of memory|cannot allocate memory|allocation failed/i;

/** Passes a child process's stderr on to that of this process, and keeps its end. */
export class StderrTail {
  private text = "";

  constructor(stderr: Readable | null) {
    stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.text = (this.text + text).slice(-TAIL_LENGTH);
      process.stderr.write(text);
    });
  }

  /** Whether the process's last output says that memory ran out. */
  saysOutOfMemory(): boolean {
    return memoryMessages.test(this.text);
  }
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
