import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isFields } from "../card-fields.js";
import { codeOf } from "./folder.js";

/** What was found out about a folder that passed. */
export interface Passed {
  /** Of the folder when it was tried. */
  fingerprint: string;
  /** Of the model's file, lower-case hex; verified again before its first use. */
  sha256: string;
  bytes: number;
  parameters: number;
}

const FILE = ".tried.json";
/** Changes when the checks do: what an older server passed is tried again. */
const VERSION = 1;

/** Which folders passed their trial, kept in the directory itself, so that they are there at once at the next start. */
export class TrialRecord {
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly directory: string,
    private readonly folders: Map<string, Passed>,
  ) {}

  /** One that is missing or not understood is empty: everything is tried once more. */
  static async open(directory: string): Promise<TrialRecord> {
    return new TrialRecord(directory, new Map(await readRecord(join(directory, FILE))));
  }

  /** What was found out about a folder, if it is still as it was. */
  find(folder: string, fingerprint: string): Passed | null {
    const passed = this.folders.get(folder);
    return passed?.fingerprint === fingerprint ? passed : null;
  }

  /** Waits for what is being written; who wrote it is told of a failure. */
  async close(): Promise<void> {
    await Promise.allSettled([this.writing]);
  }

  /** Remembers a folder, or forgets it. */
  set(folder: string, passed: Passed | null): Promise<void> {
    if (passed) this.folders.set(folder, passed);
    else if (!this.folders.delete(folder)) return this.writing;
    const text = JSON.stringify({ version: VERSION, folders: Object.fromEntries(this.folders) });
    const path = join(this.directory, FILE);
    const write = async () => {
      try {
        await writeFile(`${path}.partial`, text);
        await rename(`${path}.partial`, path);
      } catch (error) {
        // The directory was removed, and what was known of it with it.
        if (codeOf(error) !== "ENOENT") throw error;
      }
    };
    // Who wrote before was told of its failure.
    this.writing = this.writing.then(write, write);
    return this.writing;
  }
}

async function readRecord(path: string): Promise<[string, Passed][]> {
  let record: unknown;
  try {
    record = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === "ENOENT") return [];
    throw error;
  }
  if (!isFields(record) || record.version !== VERSION || !isFields(record.folders)) return [];
  return Object.entries(record.folders).filter((entry): entry is [string, Passed] => isPassed(entry[1]));
}

function isPassed(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { fingerprint, sha256, bytes, parameters } = value;
  return (
    typeof fingerprint === "string" && /^[0-9a-f]{64}$/.test(String(sha256)) && Number.isInteger(bytes) && Number.isInteger(parameters)
  );
}
