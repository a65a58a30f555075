import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../errors.js";
import { Turns } from "../models/drop-ins/turns.js";
import type { SharedModel } from "../records/shared-model.js";

const FILE = ".shared.json";

/** What a copy was when it was fetched. */
export type Copied = Pick<SharedModel, "file" | "card">;

interface Content {
  /** Id of the folder of models, by which it owns the models that were added in it. */
  member: string;
  /** Models in the folder that were added elsewhere, by id. */
  copies: Record<string, Copied>;
}

/** What a server knows about the shared models in its folder, in a file beside them. */
export class SharedRecord {
  /** One write at a time: all go through one temporary file. */
  private readonly writes = new Turns();

  private constructor(
    private readonly path: string,
    private readonly content: Content,
  ) {}

  /** Reads the record of a folder; one that is missing or damaged begins anew, with another id. */
  static async open(folder: string): Promise<SharedRecord> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, FILE);
    const found = await read(path);
    const record = new SharedRecord(path, found ?? { member: randomUUID(), copies: {} });
    if (!found) await record.write();
    return record;
  }

  get member(): string {
    return this.content.member;
  }

  copyOf(id: string): Copied | null {
    return this.content.copies[id] ?? null;
  }

  /** Notes that the model in a folder is a copy; null that it no longer is. */
  async setCopy(id: string, copied: Copied | null): Promise<void> {
    if (copied) this.content.copies[id] = { file: copied.file, card: copied.card };
    else if (!this.copyOf(id)) return;
    else delete this.content.copies[id];
    await this.write();
  }

  /** Whether the file is still in its folder. */
  async isThere(): Promise<boolean> {
    return (await read(this.path))?.member === this.member;
  }

  private write(): Promise<void> {
    return this.writes.take(async () => {
      await writeFile(`${this.path}.partial`, JSON.stringify(this.content));
      await rename(`${this.path}.partial`, this.path);
    });
  }
}

async function read(path: string): Promise<Content | null> {
  try {
    const content: unknown = JSON.parse(await readFile(path, "utf8"));
    return isContent(content) ? content : null;
  } catch (error) {
    if (error instanceof SyntaxError || systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

function isContent(value: unknown): value is Content {
  const { member, copies } = (value ?? {}) as Partial<Content>;
  if (typeof member !== "string" || typeof copies !== "object" || copies === null) return false;
  return Object.values(copies).every((copy) => typeof copy?.file?.sha256 === "string" && typeof copy?.card?.sha256 === "string");
}
