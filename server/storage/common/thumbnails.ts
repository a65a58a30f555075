import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type ThumbnailWidth, thumbnailWidths } from "../../records/pictures.js";
import type { ThumbnailStore } from "../storage.js";
import { sweepFolder, unlessMissing, writeWhole } from "./files.js";
import type { SpaceGuard } from "./space.js";

/** Space for all thumbnails, bytes: about ten thousand small ones with a thousand that fill a screen. */
export const THUMBNAIL_BYTES = 256e6;

/** Digest of the picture, width of the thumbnail, and its own size in bytes. */
const FILE_NAME = new RegExp(`^([0-9a-f]{64}-(?:${thumbnailWidths.join("|")}))-(\\d{1,9})\\.webp$`);

/** Thumbnails in a folder. */
export interface FolderThumbnails extends ThumbnailStore {
  /** Removes all thumbnails of a picture. */
  remove(digest: string): Promise<void>;
}

export interface FolderThumbnailsDependencies {
  /** Whether a row refers to a picture. */
  isUsed: (digest: string) => Promise<boolean>;
  space: SpaceGuard;
  /** Space for all thumbnails, bytes. */
  maxByteLength?: number;
}

/**
 * Opens a folder of thumbnails. A file's name holds its size: files are not flushed to disk, and one that a loss of
 * power cut off is made again.
 */
export async function openFolderThumbnails(
  folder: string,
  { isUsed, space, maxByteLength = THUMBNAIL_BYTES }: FolderThumbnailsDependencies,
): Promise<FolderThumbnails> {
  const drafts = join(folder, "drafts");
  await sweepFolder(drafts);
  /** Sizes in bytes by digest and width; the most recently used is the last. */
  const sizes = new Map<string, number>();
  let total = 0;

  function remember(key: string, byteLength: number): void {
    total += byteLength - (sizes.get(key) ?? 0);
    sizes.delete(key);
    sizes.set(key, byteLength);
  }

  async function forget(key: string): Promise<void> {
    const byteLength = sizes.get(key);
    if (byteLength === undefined) return;
    sizes.delete(key);
    total -= byteLength;
    await rm(pathOf(key, byteLength), { force: true });
  }

  async function trim(): Promise<void> {
    for (const key of sizes.keys()) {
      if (total <= maxByteLength) return;
      await forget(key);
    }
  }

  const pathOf = (key: string, byteLength: number) => join(folder, `${key}-${byteLength}.webp`);

  async function remove(digest: string): Promise<void> {
    for (const width of thumbnailWidths) await forget(keyOf(digest, width));
  }

  for (const name of await readdir(folder)) {
    const [, key, byteLength] = FILE_NAME.exec(name) ?? [];
    if (key !== undefined) remember(key, Number(byteLength));
    else if (name !== "drafts") await rm(join(folder, name), { recursive: true, force: true });
  }
  await trim();

  return {
    async get(digest, width) {
      const key = keyOf(digest, width);
      const byteLength = sizes.get(key);
      if (byteLength === undefined) return null;
      remember(key, byteLength);
      const bytes = await unlessMissing(readFile(pathOf(key, byteLength)));
      if (bytes?.byteLength === byteLength) return bytes;
      await forget(key);
      return null;
    },

    async put(digest, width, bytes) {
      const { byteLength } = bytes;
      const key = keyOf(digest, width);
      if (sizes.get(key) !== byteLength) await forget(key);
      await space.storing(byteLength, () => writeWhole(pathOf(key, byteLength), drafts, [bytes], { durable: false }));
      remember(key, byteLength);
      // Checked after it was written: a picture that is deleted from here on takes its thumbnails with it.
      if (!(await isUsed(digest))) await forget(key);
      await trim();
    },

    remove,
  };
}

function keyOf(digest: string, width: ThumbnailWidth): string {
  return `${digest}-${width}`;
}
