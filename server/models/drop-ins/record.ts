import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../../errors.js";
import { isFields } from "../card-fields.js";
import { Turns } from "./turns.js";

/** The result of a folder that passed its trial. */
export interface PassedTrial {
  /** Fingerprint of the folder when it was tried. */
  fingerprint: string;
  /** Checksum of the model's file, lower-case hex; verified again before its first use. */
  sha256: string;
  bytes: number;
  parameters: number;
  /** Name of the kind of graphics device that accepted it too; absent before its trial there. */
  device?: string;
}

const FILE = ".tried.json";
/** Changes with the checks, so that folders that an older server passed are tried again. */
export const CHECKS_VERSION = 1;

/** Folders that passed their trial, stored in the directory so that their models are READY at the next start. */
export class TrialRecord {
  private readonly writes = new Turns();

  private constructor(
    private readonly directory: string,
    private readonly folders: Map<string, PassedTrial>,
  ) {}

  /** A record that is missing or damaged counts as empty, so that everything is tried again. */
  static async open(directory: string): Promise<TrialRecord> {
    return new TrialRecord(directory, new Map(await readRecord(join(directory, FILE))));
  }

  /** The result of a folder, if it has not changed since. */
  find(folder: string, fingerprint: string): PassedTrial | null {
    const passed = this.folders.get(folder);
    return passed?.fingerprint === fingerprint ? passed : null;
  }

  /** Waits for writes to end; the callers of `set` receive their failures. */
  async close(): Promise<void> {
    await this.writes.idle();
  }

  /** Stores the result of a folder, or deletes it. */
  set(folder: string, passed: PassedTrial | null): Promise<void> {
    if (passed) this.folders.set(folder, passed);
    else if (!this.folders.delete(folder)) return this.writes.idle();
    const text = JSON.stringify({ version: CHECKS_VERSION, folders: Object.fromEntries(this.folders) });
    const path = join(this.directory, FILE);
    return this.writes.take(async () => {
      try {
        await writeFile(`${path}.partial`, text);
        await rename(`${path}.partial`, path);
      } catch (error) {
        // The directory was removed, and the record with it.
        if (systemCode(error) !== "ENOENT") throw error;
      }
    });
  }
}

async function readRecord(path: string): Promise<[string, PassedTrial][]> {
  let record: unknown;
  try {
    record = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError || systemCode(error) === "ENOENT") return [];
    throw error;
  }
  if (!isFields(record) || record.version !== CHECKS_VERSION || !isFields(record.folders)) return [];
  return Object.entries(record.folders).filter((entry): entry is [string, PassedTrial] => isPassed(entry[1]));
}

function isPassed(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { fingerprint, sha256, bytes, parameters, device = "" } = value;
  const areTexts = typeof fingerprint === "string" && typeof device === "string";
  return areTexts && /^[0-9a-f]{64}$/.test(String(sha256)) && Number.isInteger(bytes) && Number.isInteger(parameters);
}
