import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { StorageUnavailable, systemCode } from "../../errors.js";
import { storageError, unlessMissing, writeWhole } from "../common/files.js";
import { availableSpaceOf } from "../common/space.js";
import type { ObjectStore } from "./objects.js";

/** Age from which a draft is one that a killed server left behind, ms. Younger ones may be in work at other servers. */
const OLD_DRAFT_MS = 24 * 3600 * 1000;

/**
 * Objects as files in a folder that several servers share; keys are paths in it. The folder must exist: one that is
 * created where a disk is not mounted would take in pictures that other servers never see.
 * @throws StorageUnavailable when the folder does not exist or cannot be written.
 */
export async function openFolderObjects(folder: string): Promise<ObjectStore> {
  const drafts = join(folder, "drafts");
  const pathOf = (key: string) => join(folder, ...key.split("/"));
  await accessing(sweepDrafts(folder, drafts));

  /** Fails when the disk is no longer mounted: its pictures are not lost. */
  async function requireFolder(): Promise<void> {
    await stat(drafts);
  }

  async function read(path: string): Promise<Buffer | null> {
    const bytes = await unlessMissing(readFile(path));
    if (!bytes) await requireFolder();
    return bytes;
  }

  async function sizeOf(path: string): Promise<number | null> {
    const found = await unlessMissing(stat(path));
    if (!found) await requireFolder();
    return found?.size ?? null;
  }

  async function deleteAll(paths: readonly string[]): Promise<void> {
    if (paths.length > 0) await requireFolder();
    for (const path of paths) await rm(path, { force: true });
  }

  return {
    put: (key, bytes) => accessing(writeWhole(pathOf(key), drafts, [bytes], { durable: true })),
    get: (key) => accessing(read(pathOf(key))),
    size: (key) => accessing(sizeOf(pathOf(key))),
    delete: (keys) => accessing(deleteAll(keys.map(pathOf))),
    free: () => accessing(availableSpaceOf(folder)),
    close: async () => undefined,
  };
}

async function sweepDrafts(folder: string, drafts: string): Promise<void> {
  if (!(await unlessMissing(stat(folder)))) throw new StorageUnavailable("The shared folder does not exist. Create it, or mount its disk.");
  await mkdir(drafts, { recursive: true });
  for (const name of await readdir(drafts)) {
    const path = join(drafts, name);
    const found = await unlessMissing(stat(path));
    if (found && Date.now() - found.mtimeMs > OLD_DRAFT_MS) await rm(path, { force: true });
  }
}

/** @throws StorageUnavailable for every error of the file system: a shared one has many, and most of them pass. */
async function accessing<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StorageUnavailable) throw error;
    const code = systemCode(error);
    if (code === undefined) throw error;
    const known = storageError(error);
    throw known instanceof StorageUnavailable ? known : new StorageUnavailable(`The shared folder cannot be used (${code}).`, error);
  }
}
