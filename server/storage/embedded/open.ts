import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { sqlFrames } from "../sql/frames.js";
import { sqlImages } from "../sql/images.js";
import { sqlSessions } from "../sql/sessions.js";
import type { Storage } from "../storage.js";
import { openFolderBlobs } from "./blobs.js";
import { openFolderCheckpoints } from "./checkpoints.js";
import { openEmbeddedDatabase } from "./database.js";
import { lockFolder } from "./lock.js";

/**
 * Opens, or begins, everything that outlives the process in one folder: `database/`, `blobs/`, `checkpoints/`.
 * @throws AtelierError CONFLICT when another server has the folder open.
 */
export async function openEmbeddedStorage(dataDir: string): Promise<Storage> {
  await mkdir(dataDir, { recursive: true });
  const unlock = await lockFolder(dataDir);
  try {
    const [{ database, close }, blobs, checkpoints] = await Promise.all([
      openEmbeddedDatabase(join(dataDir, "database")),
      openFolderBlobs(join(dataDir, "blobs")),
      openFolderCheckpoints(join(dataDir, "checkpoints")),
    ]);
    return {
      images: sqlImages(database),
      sessions: sqlSessions(database),
      frames: sqlFrames(database),
      blobs,
      checkpoints,
      async close() {
        await close();
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}
