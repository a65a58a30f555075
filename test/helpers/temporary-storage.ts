import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { openEmbeddedStorage } from "../../server/storage/embedded/open.js";
import type { Storage } from "../../server/storage/storage.js";
import { newDataFolder } from "./data-folder.js";

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
