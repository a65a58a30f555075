import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StorageUnavailable, systemCode } from "../../errors.js";

/** Name of a picture's file: the lower-case hex SHA-256 of its bytes. */
export const DIGEST = /^[0-9a-f]{64}$/;
/** Name of a top folder of pictures. */
export const TOP_FOLDER = /^[0-9a-f]{2}$/;

const DISK_FULL = ["ENOSPC", "EDQUOT"];
/** Errors of a folder that cannot be written now: its permissions, its disk, or that it is gone. */
const UNWRITABLE = ["EACCES", "EPERM", "EROFS", "EIO", "ENOENT", "ENOTDIR", "ENODEV", "ENXIO", "ESTALE"];

/**
 * Writes a file in full or not at all: first under another name in `temporary`, which must be on the same disk.
 * `durable` also flushes the file, so that it outlives a loss of power.
 * @throws StorageUnavailable when the disk is full or the folder cannot be written.
 */
export async function writeWhole(
  path: string,
  temporary: string,
  parts: readonly Uint8Array[],
  { durable }: { durable: boolean },
): Promise<void> {
  const draft = join(temporary, randomUUID());
  try {
    const file = await open(draft, "wx");
    try {
      // Unlike this, `write` and `writev` may write only a part, and report that only in their return value.
      for (const part of parts) await file.writeFile(part);
      if (durable) await file.datasync();
    } finally {
      await file.close();
    }
    await mkdir(dirname(path), { recursive: true });
    await rename(draft, path);
    if (durable) await flushFolder(dirname(path));
  } catch (error) {
    await removeDraft(draft);
    throw storageError(error);
  }
}

/** The error to throw for one of the file system: StorageUnavailable when it may pass. */
export function storageError(error: unknown): unknown {
  const code = systemCode(error) ?? "";
  if (DISK_FULL.includes(code)) return new StorageUnavailable("The server's disk is full.", error);
  if (UNWRITABLE.includes(code)) return new StorageUnavailable(`The server cannot write to its data folder (${code}).`, error);
  return error;
}

/** A folder that cannot be written keeps its drafts until the next start; the error that matters is that of the write. */
async function removeDraft(draft: string): Promise<void> {
  await rm(draft, { force: true }).catch((error: unknown) => process.emitWarning(`A draft could not be deleted: ${String(error)}`));
}

/** Creates a folder, or empties one that a killed server left behind. */
export async function sweepFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}

/** The result of reading a file or folder; null when it does not exist. */
export async function unlessMissing<Result>(reading: Promise<Result>): Promise<Result | null> {
  try {
    return await reading;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** A rename is on disk once its folder is. Windows has no such call; its file system logs renames. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
