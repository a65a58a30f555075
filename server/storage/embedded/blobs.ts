import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { AtelierError, PictureLost, PictureUnreadable, systemCode } from "../../errors.js";
import { sha256 } from "../common/digest.js";
import { DIGEST, sweepFolder, writeWhole } from "../common/files.js";
import type { SpaceGuard } from "../common/space.js";
import type { BlobStore } from "../storage.js";
import { createBlobDeletion } from "./deletion.js";
import { sweepOrphans } from "./orphans.js";
import { openTrash } from "./trash.js";

/** Pictures in a folder. */
export interface FolderBlobs extends BlobStore {
  /** Deletes at once what was left for later, and ends the search for orphans. */
  close(): Promise<void>;
}

export interface FolderBlobsDependencies {
  /** The digests among `digests` that a row refers to. */
  inUse: (digests: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Longest time between storing the bytes of a picture and its row, ms. */
  graceMs: number;
  space: SpaceGuard;
  /** Called after a picture was removed. */
  removed: (digest: string) => Promise<void>;
}

/**
 * Opens a folder of pictures, each in a file named after its digest in one of 65,536 folders: `ab/cd/abcd...`. Pictures
 * without a row, which a killed server left behind, are then moved to the trash in the background.
 */
export async function openFolderBlobs(folder: string, { inUse, graceMs, space, removed }: FolderBlobsDependencies): Promise<FolderBlobs> {
  const drafts = join(folder, "drafts");
  await sweepFolder(drafts);

  function pathOf(digest: string): string {
    if (!DIGEST.test(digest)) throw new AtelierError("NOT_FOUND", "There is no such picture.");
    return join(folder, digest.slice(0, 2), digest.slice(2, 4), digest);
  }

  const deletion = createBlobDeletion({
    isUsed: async (digest) => (await inUse([digest])).has(digest),
    async remove(digest) {
      await rm(pathOf(digest), { force: true });
      await removed(digest);
    },
    graceMs,
  });
  const trash = await openTrash(join(folder, "trash"), { pathOf, inUse });
  const orphans = sweepOrphans(folder, { inUse, remove: (digest) => deletion.sweep(digest, trash.add) });

  return {
    put: (bytes) =>
      space.storing(bytes.byteLength, async () => {
        const digest = (await sha256(bytes)).toString("hex");
        const path = pathOf(digest);
        orphans.spare(digest);
        await deletion.putting(digest);
        if (!(await holds(path, bytes))) await writeWhole(path, drafts, [bytes], { durable: true });
        return digest;
      }),

    async get(digest) {
      const bytes = await readPicture(pathOf(digest));
      if (!bytes) throw new PictureLost("The file of this picture is missing.");
      if ((await sha256(bytes)).toString("hex") !== digest) throw new PictureLost("The file of this picture is damaged.");
      return bytes;
    },

    async delete(digest) {
      pathOf(digest);
      await deletion.delete(digest);
    },

    async close() {
      await orphans.stop();
      await trash.close();
      await deletion.flush();
    },
  };
}

/** Whether a file holds these bytes: one that is torn, damaged or unreadable is written again. */
async function holds(path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    return (await readPicture(path))?.equals(bytes) ?? false;
  } catch (error) {
    if (error instanceof PictureUnreadable) return false;
    throw error;
  }
}

/** Null when there is no such file. @throws PictureUnreadable when the disk or its permissions do not allow to read. */
async function readPicture(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT") return null;
    if (code === undefined) throw error;
    throw new PictureUnreadable(`The file of this picture cannot be read (${code}).`, error);
  }
}
