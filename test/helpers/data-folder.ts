import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { giveStepTimes } from "./known-step-times.js";
import { migrationsDigest } from "./migrations-digest.js";

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

/** The same with what removes it. */
export async function removableDataFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await newDataFolder();
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function makeTemplate(template: string): Promise<void> {
  const draft = `${template}-${randomUUID()}`;
  const { openEmbeddedStorage } = await import("../../server/storage/embedded/open.js");
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
