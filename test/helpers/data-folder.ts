import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { giveStepTimes } from "./known-step-times.js";
import { migrationsDigest } from "./migrations-digest.js";

// A test runs too briefly to gain from an optimised PostgreSQL; to optimise it takes longer than all its queries. A benchmark
// measures it as users have it.
if (process.env.VITEST !== undefined) setFlagsFromString("--liftoff-only");

const database = join(import.meta.dirname, "../../node_modules/@electric-sql/pglite/package.json");

/**
 * A new data folder with a migrated database. Making a database takes seconds, so it is made once for each state of the
 * migrations and then copied.
 */
export async function newDataFolder(): Promise<string> {
  const template = join(tmpdir(), `atelier-empty-${await migrationsDigest(await readFile(database))}`);
  if (!existsSync(template)) await makeTemplate(template);
  const folder = await mkdtemp(join(tmpdir(), "atelier-test-"));
  await copyFolder(template, folder);
  giveStepTimes(folder);
  return folder;
}

/** Copies what is in a folder. The database has a thousand files, which the system's program copies in a quarter of Node's time. */
export async function copyFolder(from: string, to: string): Promise<void> {
  if (process.platform === "win32") await cp(from, to, { recursive: true });
  else await promisify(execFile)("cp", ["-R", `${from}/.`, to]);
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
