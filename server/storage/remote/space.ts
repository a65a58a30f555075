import { sql } from "drizzle-orm";
import { StorageUnavailable } from "../../errors.js";
import { storageError } from "../common/files.js";
import type { SpaceGuard } from "../common/space.js";
import type { Database } from "../sql/database.js";
import type { StorageSpace } from "../storage.js";
import type { ObjectStore } from "./objects.js";
import { reaching } from "./reachable.js";

/** Key of a small object that shows whether the store can be written. */
const PROBE = "probe";

export interface RemoteSpaceDependencies {
  database: Database;
  objects: ObjectStore;
  /** Guards the store of objects. */
  shared: SpaceGuard;
  /** Guards the disk of this server's own folder. */
  own: SpaceGuard;
}

/** The space of the store that servers share, and of this server's own folder. */
export function remoteSpace({ database, objects, shared, own }: RemoteSpaceDependencies): StorageSpace {
  return {
    free: () => objects.free(),

    storing: (byteLength, work) =>
      own.storing(byteLength, async () => {
        try {
          return await work();
        } catch (error) {
          throw storageError(error);
        }
      }),

    async obstacle() {
      try {
        await reaching(async () => database.execute(sql`select 1`));
        await shared.storing(0, () => objects.put(PROBE, Buffer.from(PROBE)));
        return null;
      } catch (error) {
        if (error instanceof StorageUnavailable) return error.message;
        throw error;
      }
    },
  };
}
