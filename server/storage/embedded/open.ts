import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { digestsInUse } from "../sql/digests.js";
import { sqlFrames } from "../sql/frames.js";
import { sqlImages } from "../sql/images.js";
import { sqlSessions } from "../sql/sessions.js";
import type { Storage } from "../storage.js";
import { openFolderBlobs } from "./blobs.js";
import { openFolderCheckpoints } from "./checkpoints.js";
import { openEmbeddedDatabase } from "./database.js";
import { lockFolder } from "./lock.js";

/** Between a picture's bytes and its row lie milliseconds; a minute is plenty. */
const GRACE_MS = 60_000;

/**
 * Opens, or begins, everything that outlives the process in one folder: `database/`, `blobs/`, `checkpoints/`.
 * `graceMs`: how long a picture's bytes may wait for their row. @throws AtelierError CONFLICT when another server has the
 * folder open.
 */
export async function openEmbeddedStorage(dataDir: string, { graceMs = GRACE_MS }: { graceMs?: number } = {}): Promise<Storage> {
  await mkdir(dataDir, { recursive: true });
  const unlock = await lockFolder(dataDir);
  try {
    const { database, close: closeDatabase } = await openEmbeddedDatabase(join(dataDir, "database"));
    const isUsed = async (digest: string) => (await digestsInUse(database, [digest])).size > 0;
    const blobs = await openFolderBlobs(join(dataDir, "blobs"), { isUsed, graceMs });
    const checkpoints = await openFolderCheckpoints(join(dataDir, "checkpoints"));
    return {
      images: sqlImages(database),
      sessions: sqlSessions(database),
      frames: sqlFrames(database),
      blobs,
      checkpoints,
      async close() {
        await blobs.close();
        await closeDatabase();
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}
