import { createHash, randomUUID } from "node:crypto";
import { lstat, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemCode, unavailable } from "../errors.js";
import { requireModelId } from "../models/card.js";
import { MAX_MODEL_BYTES, writtenCard } from "../models/drop-ins/check.js";
import { requireDiskSpace } from "../models/store/download.js";
import { isMissing, MAX_CARD_BYTES } from "../models/store/model-folder.js";
import type { SharedModel, StoredFile } from "../records/shared-model.js";
import type { SharedModelStore } from "../storage/fleet.js";

/** Names of folders in the making and on their way out; a scan for models passes over names with a dot. */
const DRAFT = ".shared-";

/**
 * Brings the files of a shared model into a new folder in `directory`, and verifies them. Returns its path.
 * @throws AtelierError with what is wrong with them, StorageUnavailable when the store cannot be reached; the signal's reason.
 */
export async function fetchModel(
  store: Pick<SharedModelStore, "read">,
  { id, file, card }: SharedModel,
  directory: string,
  signal: AbortSignal,
): Promise<string> {
  requireModelId(id);
  requireSize("card", card, MAX_CARD_BYTES);
  requireSize("file", file, MAX_MODEL_BYTES);
  await requireDiskSpace(directory, file.bytes + card.bytes);
  const draft = join(directory, `${DRAFT}${randomUUID()}`);
  await mkdir(draft);
  try {
    const cardPath = join(draft, "card.json");
    await receive(store, card, "card", cardPath, signal);
    const { file: name } = writtenCard(await readFile(cardPath), id);
    await receive(store, file, "file", join(draft, name), signal);
    return draft;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** Gives a folder the name of its model; false, and it is deleted, when there is a folder of this name. */
export async function installCopy(draft: string, path: string): Promise<boolean> {
  try {
    await rename(draft, path);
    return true;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (["ENOTEMPTY", "EEXIST", "EPERM", "ENOTDIR"].includes(systemCode(error) ?? "")) return false;
    throw error;
  }
}

/** Deletes the folder of a model; a scan never sees a part of it. */
export async function removeCopy(directory: string, id: string): Promise<void> {
  const leaving = join(directory, `${DRAFT}${randomUUID()}`);
  try {
    await rename(join(directory, id), leaving);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  await rm(leaving, { recursive: true, force: true });
}

/** Deletes folders in the making that a killed server left behind. */
export async function sweepDrafts(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (/^\.shared-[0-9a-f-]{36}$/.test(name)) await rm(join(directory, name), { recursive: true, force: true });
  }
}

/** Whether there is a folder, a link or a file of this name. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function requireSize(what: string, { bytes }: StoredFile, most: number): void {
  if (bytes > most) throw unavailable(`Its ${what} in the store has ${bytes} bytes; at most ${most} are accepted.`);
}

async function receive(
  store: Pick<SharedModelStore, "read">,
  file: StoredFile,
  what: string,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const hash = createHash("sha256");
  let bytes = 0;
  const target = await open(path, "wx");
  try {
    for await (const part of await store.read(file)) {
      signal.throwIfAborted();
      bytes += part.byteLength;
      if (bytes > file.bytes) break;
      hash.update(part);
      await target.writeFile(part);
    }
    await target.sync();
  } finally {
    await target.close();
  }
  if (bytes === file.bytes && hash.digest("hex") === file.sha256) return;
  throw unavailable(`Its ${what} in the store is not the one that was added: the checksum differs.`);
}
