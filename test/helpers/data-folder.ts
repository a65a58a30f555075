import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedStorage } from "../../server/storage/embedded/open.js";
import type { Storage } from "../../server/storage/storage.js";
import { giveStepTimes } from "./known-step-times.js";

const migrations = join(import.meta.dirname, "../../server/storage/migrations");
const database = join(import.meta.dirname, "../../node_modules/@electric-sql/pglite/package.json");

/**
 * A new data folder with a migrated database. Making a database takes seconds, so it is made once for each state of the
 * migrations and then copied.
 */
export async function newDataFolder(): Promise<string> {
  const template = join(tmpdir(), `atelier-empty-${await migrationsDigest(await readFile(database))}`);
  if (!existsSync(template)) await makeTemplate(template);
  const folder = await mkdtemp(join(tmpdir(), "atelier-test-"));
  await cp(template, folder, { recursive: true });
  giveStepTimes(folder);
  return folder;
}

export interface TemporaryStorage {
  storage: Storage;
  /** The data folder. */
  folder: string;
  /** Closes the storage and removes its folder. */
  close(): Promise<void>;
}

/** Opens a storage in a new data folder; it deletes unused pictures without delay. */
export async function openTemporaryStorage(): Promise<TemporaryStorage> {
  const folder = await newDataFolder();
  const storage = await openEmbeddedStorage(folder, { graceMs: 0, reserveFileByteLength: 0 });
  const close = async () => {
    await storage.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { storage, folder, close };
}

/** How many pictures are stored in a data folder. */
export async function pictureCount(folder: string): Promise<number> {
  const names = await readdir(join(folder, "blobs"), { recursive: true });
  return names.filter((name) => /[0-9a-f]{64}$/.test(name)).length;
}

async function makeTemplate(template: string): Promise<void> {
  const draft = `${template}-${randomUUID()}`;
  const storage = await openEmbeddedStorage(draft, { reserveFileByteLength: 0 });
  await storage.close();
  try {
    await rename(draft, template);
  } catch (error) {
    // Another test process was faster.
    if (!existsSync(template)) throw error;
    await rm(draft, { recursive: true });
  }
}

/** Stands for the state of the migrations, and for that of the `engine` for which a database is made. */
export async function migrationsDigest(engine: Uint8Array): Promise<string> {
  const hash = createHash("sha256").update(engine);
  for (const name of (await readdir(migrations)).sort()) {
    if (name.endsWith(".sql")) hash.update(await readFile(join(migrations, name)));
  }
  return hash.digest("hex").slice(0, 16);
}
