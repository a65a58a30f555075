import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { until } from "./until.js";

/** A clock of servers that can jump. Processes that they start have it too. */
export class ShiftedClock {
  private constructor(private readonly folder: string) {}

  static async make(): Promise<ShiftedClock> {
    const clock = new ShiftedClock(await mkdtemp(join(tmpdir(), "atelier-clock-")));
    await writeFile(clock.file, "0");
    return clock;
  }

  /** The variables with which a server is started under this clock. */
  get variables(): Record<string, string> {
    const preload = pathToFileURL(join(import.meta.dirname, "shifted-clock.mjs")).href;
    return { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --import=${preload}`.trim(), CLOCK_FILE: this.file };
  }

  /** Sets the clock so many hours off the right time, and waits until it is so in these processes. */
  async jump(hours: number, ...pids: number[]): Promise<void> {
    const text = String(3_600_000 * hours);
    await writeFile(this.file, text);
    for (const pid of pids) await until(async () => (await this.shiftOf(pid)) === text);
  }

  /** The shift that is in force in a process; null while it is starting. */
  private async shiftOf(pid: number): Promise<string | null> {
    try {
      return await readFile(`${this.file}.${pid}`, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
      throw error;
    }
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private get file(): string {
    return join(this.folder, "shift");
  }
}
