import { appendFile, open, rename, stat } from "node:fs/promises";
import { systemCode } from "../errors.js";
import type { AuditEntry } from "../records/audit.js";
import type { AuditSink } from "./audit-log.js";

/** The end of a file that is read for a list, bytes. A page of the longest entries is shorter. */
const TAIL_BYTES = 512 * 1024;

export interface AuditFileOptions {
  path: string;
  /** A file that would be larger is renamed to `<path>.1`, bytes. */
  maxBytes?: number;
  /** Files that are kept, the newest included. */
  maxFiles?: number;
}

/** A file with one JSON object on each line, which only the server's own user may read. */
export class AuditFile implements AuditSink {
  private readonly path: string;
  private readonly maxBytes: number;
  private readonly maxFiles: number;
  /** Whether the last write failed, which may have left half a line behind. */
  private isBroken = false;

  constructor({ path, maxBytes = 10e6, maxFiles = 5 }: AuditFileOptions) {
    this.path = path;
    this.maxBytes = maxBytes;
    this.maxFiles = maxFiles;
  }

  async append(entries: readonly AuditEntry[]): Promise<void> {
    const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
    const text = this.isBroken ? `\n${lines}` : lines;
    this.isBroken = true;
    await this.rotate(Buffer.byteLength(text));
    await appendFile(this.path, text, { mode: 0o600 });
    this.isBroken = false;
  }

  async list(first: number): Promise<AuditEntry[]> {
    const entries: AuditEntry[] = [];
    for (let age = 0; age < this.maxFiles && entries.length < first; age++) {
      const lines = (await tailOf(this.fileOf(age))).split("\n").reverse();
      entries.push(...lines.flatMap((line) => entryIn(line) ?? []));
    }
    return entries.slice(0, first);
  }

  private fileOf(age: number): string {
    return age === 0 ? this.path : `${this.path}.${age}`;
  }

  private async rotate(byteLength: number): Promise<void> {
    const size = await sizeOf(this.path);
    if (size === 0 || size + byteLength <= this.maxBytes) return;
    for (let age = this.maxFiles - 2; age >= 0; age--) {
      if (age === 0 || (await sizeOf(this.fileOf(age))) > 0) await rename(this.fileOf(age), this.fileOf(age + 1));
    }
  }
}

/** 0 for a file that does not exist. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return 0;
    throw error;
  }
}

/** The last lines of a file, the first of which may be cut; nothing for a file that does not exist. */
async function tailOf(path: string): Promise<string> {
  const size = await sizeOf(path);
  if (size === 0) return "";
  const file = await open(path);
  try {
    const length = Math.min(size, TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Null for a line that is cut, because it begins before the tail or the disk was full. */
function entryIn(line: string): AuditEntry | null {
  try {
    const { at, ...entry } = JSON.parse(line) as Omit<AuditEntry, "at"> & { at: string };
    return { ...entry, at: new Date(at) };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
