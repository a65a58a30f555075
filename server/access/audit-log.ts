import { appendFile, open, rename, stat } from "node:fs/promises";
import { type AtelierError, type ErrorCode, systemCode } from "../errors.js";
import type { Role } from "../records/access.js";
import type { Principal } from "./principal.js";
import { RecentKeys } from "./recent-keys.js";

/** How long the same refusal of the same address is not recorded again, ms. A program may be refused for every frame. */
const REPEATED_MS = 60_000;
/** Refusals that are remembered. */
const MOST_REMEMBERED = 1000;
/** Entries that wait for the disk; those beyond are lost, and reported. */
const MOST_WAITING = 10_000;
/** Characters of each text in an entry. */
const MAX_TEXT = 100;
/** The end of a file that is read for a list, bytes. A page of the longest entries is shorter. */
const TAIL_BYTES = 512 * 1024;

/** What happened. It holds ids and names, and never a secret. */
export interface AuditEvent {
  /** An operation of the policy, such as `Mutation.createLink`, or an address, such as `POST /access`. */
  action: string;
  /** Why it was refused or failed; null when it was carried out. */
  code: ErrorCode | null;
  /** Who did it, as far as it is known. */
  principal: Pick<Principal, "name" | "role" | "ownerId"> | null;
  /** Address of the client; null when its connection is gone. */
  address: string | null;
  /** What it was done to: ids, names and choices. */
  about?: Readonly<Record<string, string>>;
}

/** An event as it is stored. */
export interface AuditEntry {
  at: Date;
  action: string;
  code: ErrorCode | null;
  /** Name of the link with the role of whoever did it. */
  name: string | null;
  role: Role | null;
  ownerId: string | null;
  address: string | null;
  about: Readonly<Record<string, string>>;
}

/** Records who did what, for the server's operator. */
export interface AuditLog {
  /** Never throws and never waits: a full disk is reported, and the request goes on. */
  record(event: AuditEvent): void;
  /** The newest entries, newest first. */
  list(first: number): Promise<AuditEntry[]>;
  /** Resolves when everything is written. */
  close(): Promise<void>;
}

/** That of a server on which everyone is the one owner. */
export const noAudit: AuditLog = { record: () => undefined, list: async () => [], close: async () => undefined };

/** Whether a refusal is recorded: a stranger without credentials is told to bring some, and does nothing wrong. */
export function isWorthNoting({ code }: AtelierError, { role, visitorId }: Principal): boolean {
  return code === "FORBIDDEN" || (code === "UNAUTHENTICATED" && (role !== null || visitorId !== null));
}

export interface AuditFileOptions {
  path: string;
  /** A file that would be larger is renamed to `<path>.1`, bytes. */
  maxBytes?: number;
  /** Files that are kept, the newest included. */
  maxFiles?: number;
  report(error: unknown): void;
}

/** An audit log in a file with one JSON object on each line, which only the server's own user may read. */
export class AuditFile implements AuditLog {
  private readonly path: string;
  private readonly maxBytes: number;
  private readonly maxFiles: number;
  private readonly report: (error: unknown) => void;
  private readonly refusals = new RecentKeys(REPEATED_MS, MOST_REMEMBERED);
  private waiting: string[] = [];
  private lost = 0;
  /** Whether the last write failed, which may have left half a line behind. */
  private isBroken = false;
  private writing: Promise<void> = Promise.resolve();

  constructor({ path, maxBytes = 10e6, maxFiles = 5, report }: AuditFileOptions) {
    this.path = path;
    this.maxBytes = maxBytes;
    this.maxFiles = maxFiles;
    this.report = report;
  }

  record({ action, code, principal, address, about = {} }: AuditEvent): void {
    const { name = null, role = null, ownerId = null } = principal ?? {};
    const shown = Object.fromEntries(Object.entries(about).map(([key, text]) => [key, text.slice(0, MAX_TEXT)]));
    if (code !== null && !this.refusals.note(JSON.stringify([action, code, ownerId, address]))) return;
    if (this.waiting.length >= MOST_WAITING) {
      this.lost++;
      return;
    }
    const at = new Date().toISOString();
    this.waiting.push(`${JSON.stringify({ at, action, code, name, role, ownerId, address, about: shown })}\n`);
    if (this.waiting.length === 1) this.writing = this.writing.then(() => this.write());
  }

  async list(first: number): Promise<AuditEntry[]> {
    await this.writing;
    const entries: AuditEntry[] = [];
    for (let age = 0; age < this.maxFiles && entries.length < first; age++) {
      const lines = (await tailOf(this.fileOf(age))).split("\n").reverse();
      entries.push(...lines.flatMap((line) => entryIn(line) ?? []));
    }
    return entries.slice(0, first);
  }

  close(): Promise<void> {
    return this.writing;
  }

  private fileOf(age: number): string {
    return age === 0 ? this.path : `${this.path}.${age}`;
  }

  private async write(): Promise<void> {
    const lines = this.waiting;
    this.waiting = [];
    const text = (this.isBroken ? "\n" : "") + lines.join("");
    try {
      await this.rotate(Buffer.byteLength(text));
      await appendFile(this.path, text, { mode: 0o600 });
      this.isBroken = false;
      if (this.lost > 0) this.report(new Error(`${this.lost} entries of the audit log were lost.`));
      this.lost = 0;
    } catch (error) {
      this.lost += lines.length;
      // Once, and not for every request while the disk is full.
      if (!this.isBroken) this.report(new Error("The audit log cannot be written.", { cause: error }));
      this.isBroken = true;
    }
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
