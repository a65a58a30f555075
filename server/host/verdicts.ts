import { readFile, rename, writeFile } from "node:fs/promises";
import { driverIdentity } from "../device/driver.js";
import type { DeviceName, SpeedTimes } from "../device/messages.js";
import { systemCode } from "../errors.js";

/** What the test of a device found: that it computes right, and its times, or why it is not used. */
export type Verdict = SpeedTimes | { reason: string };

/** Verdicts that outlive the server, so that a start need not test devices again. */
export interface Verdicts {
  /** Null for a device that was not tested, or whose driver has changed since. */
  recall(device: DeviceName): Promise<Verdict | null>;
  /** Null forgets the device, so that the next start tests it. */
  remember(device: DeviceName, verdict: Verdict | null): Promise<void>;
}

/** Remembers nothing: every start tests all devices. */
export const noVerdicts: Verdicts = { recall: async () => null, remember: async () => undefined };

interface Entry {
  driver: string;
  verdict: Verdict;
}

/** Verdicts in a JSON file, each with the identity of the driver that it is about. */
export class VerdictFile implements Verdicts {
  constructor(
    private readonly path: string,
    /** Receives errors of the disk, which cost no more than another test. */
    private readonly report: (error: unknown) => void,
    private readonly identity: () => Promise<string> = driverIdentity,
  ) {}

  async recall(device: DeviceName): Promise<Verdict | null> {
    try {
      const entry = (await this.read())[device];
      return entry && entry.driver === (await this.identity()) ? entry.verdict : null;
    } catch (error) {
      this.report(error);
      return null;
    }
  }

  async remember(device: DeviceName, verdict: Verdict | null): Promise<void> {
    try {
      const { [device]: _, ...entries } = await this.read();
      if (verdict) entries[device] = { driver: await this.identity(), verdict };
      const draft = `${this.path}.draft`;
      await writeFile(draft, `${JSON.stringify(entries, null, 2)}\n`);
      await rename(draft, this.path);
    } catch (error) {
      this.report(error);
    }
  }

  private async read(): Promise<Record<string, Entry>> {
    try {
      const parsed: unknown = JSON.parse(await readFile(this.path, "utf8"));
      return Object.fromEntries(Object.entries(parsed ?? {}).filter((pair): pair is [string, Entry] => isEntry(pair[1])));
    } catch (error) {
      // A damaged file is as good as none: the devices are tested again.
      if (systemCode(error) === "ENOENT" || error instanceof SyntaxError) return {};
      throw error;
    }
  }
}

function isEntry(value: unknown): value is Entry {
  const { driver, verdict } = (value ?? {}) as Partial<Entry>;
  if (typeof driver !== "string" || typeof verdict !== "object" || verdict === null) return false;
  return "reason" in verdict ? typeof verdict.reason === "string" : Number.isFinite(verdict.ms) && Number.isFinite(verdict.processorMs);
}
