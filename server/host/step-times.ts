import { readFile, rename, writeFile } from "node:fs/promises";
import { driverIdentity } from "../device/driver.js";
import { systemCode } from "../errors.js";
import type { StepTime } from "../records/step-time.js";

/** How long times are kept, ms: something else may have used the machine while they were measured. */
const KEPT_MS = 24 * 3_600_000;

/** What was measured: an engine and its device, such as "onnx cpu", and the SHA-256 of a network. */
export interface Timed {
  device: string;
  sha256: string;
}

/** Step times that outlive the server, so that a start need not measure them again. */
export interface KnownStepTimes {
  /** Null for what was not measured within a day, or before the driver changed. */
  recall(timed: Timed): Promise<readonly StepTime[] | null>;
  remember(timed: Timed, times: readonly StepTime[]): Promise<void>;
}

/** Remembers nothing: every start measures. */
export const noStepTimes: KnownStepTimes = { recall: async () => null, remember: async () => undefined };

interface Entry extends Timed {
  driver: string;
  /** When they were measured, ms since 1970. */
  at: number;
  times: StepTime[];
}

/** Step times in a JSON file, each with the identity of the driver with which they were measured. */
export class StepTimesFile implements KnownStepTimes {
  constructor(
    private readonly path: string,
    /** Receives errors of the disk, which cost no more than another measurement. */
    private readonly report: (error: unknown) => void,
    private readonly identity: () => Promise<string> = driverIdentity,
    private readonly now = Date.now,
  ) {}

  async recall(timed: Timed): Promise<readonly StepTime[] | null> {
    try {
      return (await this.current()).find((entry) => isAbout(entry, timed))?.times ?? null;
    } catch (error) {
      this.report(error);
      return null;
    }
  }

  async remember({ device, sha256 }: Timed, times: readonly StepTime[]): Promise<void> {
    try {
      const others = (await this.current()).filter((entry) => !isAbout(entry, { device, sha256 }));
      const entry = { device, sha256, driver: await this.identity(), at: this.now(), times };
      const draft = `${this.path}.draft`;
      await writeFile(draft, `${JSON.stringify([...others, entry], null, 2)}\n`);
      await rename(draft, this.path);
    } catch (error) {
      this.report(error);
    }
  }

  /** The entries that still hold. */
  private async current(): Promise<Entry[]> {
    const [now, driver] = [this.now(), await this.identity()];
    // The clock may have been set back.
    return (await this.read()).filter((entry) => entry.driver === driver && Math.abs(now - entry.at) < KEPT_MS);
  }

  private async read(): Promise<Entry[]> {
    try {
      const parsed: unknown = JSON.parse(await readFile(this.path, "utf8"));
      return Array.isArray(parsed) ? parsed.filter(isEntry) : [];
    } catch (error) {
      // A damaged file is as good as none.
      if (systemCode(error) === "ENOENT" || error instanceof SyntaxError) return [];
      throw error;
    }
  }
}

function isAbout(entry: Timed, { device, sha256 }: Timed): boolean {
  return entry.device === device && entry.sha256 === sha256;
}

function isEntry(value: unknown): value is Entry {
  const { device, sha256, driver, at, times } = (value ?? {}) as Partial<Entry>;
  const isTime = (time: Partial<StepTime> | null) =>
    [time?.pixels, time?.fastestMs, time?.slowestMs].every((number) => Number.isFinite(number));
  return (
    [device, sha256, driver].every((text) => typeof text === "string") && Number.isFinite(at) && Array.isArray(times) && times.every(isTime)
  );
}
