import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { StorageUnavailable } from "../../errors.js";
import { storageError } from "../common/files.js";
import { knownSpace, type SpaceGuard } from "../common/space.js";
import type { Database } from "../sql/database.js";
import type { StorageSpace } from "../storage.js";
import type { ObjectStore } from "./objects.js";
import { reaching } from "./reachable.js";

/** Name of a small object, and of a file, that show whether the store and this server's own folder can be written. */
const PROBE = "probe";

export interface RemoteSpaceDependencies {
  database: Database;
  objects: ObjectStore;
  /** Guards the store of objects. */
  shared: SpaceGuard;
  /** Guards the disk of this server's own folder. */
  own: SpaceGuard;
  /** This server's own folder. */
  ownFolder: string;
  /** Free space of the disk of a folder, bytes. */
  availableSpace(folder: string): Promise<number>;
}

/** The space of the store that servers share, and of this server's own folder. */
export function remoteSpace({ database, objects, shared, own, ownFolder, availableSpace }: RemoteSpaceDependencies): StorageSpace {
  const storing: StorageSpace["storing"] = (byteLength, work) =>
    own.storing(byteLength, async () => {
      try {
        return await work();
      } catch (error) {
        throw storageError(error);
      }
    });

  async function probeShared(): Promise<void> {
    await reaching(async () => database.execute(sql`select 1`));
    await shared.storing(0, () => objects.put(PROBE, Buffer.from(PROBE)));
  }

  async function probeOwn(): Promise<void> {
    try {
      await storing(0, () => writeFile(join(ownFolder, PROBE), PROBE));
    } catch (error) {
      const known = storageError(error);
      if (!(known instanceof StorageUnavailable)) throw error;
      throw new StorageUnavailable(`This server cannot write to its own folder. ${known.message}`, error);
    }
  }

  return {
    free: (place) => knownSpace(place === "own" ? () => availableSpace(ownFolder) : () => objects.free()),
    storing,

    async obstacle({ forSessions = false } = {}) {
      try {
        await probeShared();
        if (!forSessions) await probeOwn();
        return null;
      } catch (error) {
        if (error instanceof StorageUnavailable) return error.message;
        throw error;
      }
    },
  };
}
