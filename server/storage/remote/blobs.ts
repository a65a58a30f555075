import { AtelierError, PictureLost, PictureUnreadable, StorageUnavailable } from "../../errors.js";
import { sha256 } from "../common/digest.js";
import { DIGEST } from "../common/files.js";
import type { SpaceGuard } from "../common/space.js";
import { digestsInUse } from "../sql/digests.js";
import type { BlobStore } from "../storage.js";
import type { Candidates, ObjectKind } from "./candidates.js";
import type { ObjectStore } from "./objects.js";

/** Pictures among the candidates, which are their digests. `removed` is called after one was deleted. */
export function pictureObjects(removed: (digest: string) => Promise<void>): ObjectKind {
  return { has: (candidate) => DIGEST.test(candidate), keysOf: (digest) => [pictureKey(digest)], inUse: digestsInUse, removed };
}

export interface ObjectBlobsDependencies {
  objects: ObjectStore;
  candidates: Candidates;
  space: SpaceGuard;
  /** Whether there is no time of grace, so that a deletion need not wait for the next sweep. */
  atOnce: boolean;
}

/** Pictures as objects, each under a key with its digest: `blobs/ab/cd/abcd...`. */
export function objectBlobs({ objects, candidates, space, atOnce }: ObjectBlobsDependencies): BlobStore {
  return {
    put: (bytes) =>
      space.storing(bytes.byteLength, async () => {
        const digest = (await sha256(bytes)).toString("hex");
        await candidates.storing([digest]);
        await objects.put(pictureKey(digest), bytes);
        return digest;
      }),

    async get(digest) {
      const bytes = await read(objects, pictureKey(digest));
      if (!bytes) throw new PictureLost("The file of this picture is missing.");
      if ((await sha256(bytes)).toString("hex") !== digest) throw new PictureLost("The file of this picture is damaged.");
      return bytes;
    },

    async delete(digest) {
      pictureKey(digest);
      await candidates.add([digest]);
      if (atOnce) await candidates.sweep(digest);
    },
  };
}

/** The key of a picture's object. @throws AtelierError NOT_FOUND for what is no digest. */
export function pictureKey(digest: string): string {
  if (!DIGEST.test(digest)) throw new AtelierError("NOT_FOUND", "There is no such picture.");
  return `blobs/${digest.slice(0, 2)}/${digest.slice(2, 4)}/${digest}`;
}

/** @throws PictureUnreadable when the store cannot be reached. */
async function read(objects: ObjectStore, key: string): Promise<Buffer | null> {
  try {
    return await objects.get(key);
  } catch (error) {
    if (error instanceof StorageUnavailable) throw new PictureUnreadable(`This picture cannot be read. ${error.message}`, error);
    throw error;
  }
}
