import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Claim } from "../../records/claim.js";
import { CallsUnderWay } from "../common/calls-under-way.js";
import { closeAll } from "../common/close-all.js";
import { reserveFile } from "../common/reserve-file.js";
import { availableSpaceOf, createSpaceGuard } from "../common/space.js";
import { openFolderThumbnails } from "../common/thumbnails.js";
import { sqlAccess } from "../sql/access.js";
import { sqlChanges } from "../sql/changes.js";
import { requireHeld } from "../sql/claims.js";
import { anyDigestInUse, digestsInUse } from "../sql/digests.js";
import { sqlFilms } from "../sql/films.js";
import { sqlFrames } from "../sql/frames.js";
import { sqlImages } from "../sql/images.js";
import { sqlSessions } from "../sql/sessions.js";
import type { Storage } from "../storage.js";
import { openFolderBlobs } from "./blobs.js";
import { openFolderCheckpoints } from "./checkpoints.js";
import { pair, requireDatabase } from "./data-folder.js";
import { openEmbeddedDatabase } from "./database.js";
import { openFolderFilms } from "./films.js";
import { guardRows } from "./guarded-rows.js";
import { lockFolder } from "./lock.js";
import { memoryRecentFrames } from "./recent-frames.js";
import { storageSpace } from "./storage-space.js";
import { startVacuum } from "./vacuum.js";

/** Enough for the 32 MiB that must stay free, and for one segment of the database's log. */
const RESERVE_FILE_BYTES = 48 * 2 ** 20;

/** A picture's row follows its bytes within milliseconds, so a minute is plenty. */
const GRACE_MS = 60_000;

export interface EmbeddedStorageOptions {
  /** Longest time between storing the bytes of a picture and its row, ms. */
  graceMs?: number;
  /** Size of the file that keeps space for the last changes on a full disk, bytes. */
  reserveFileByteLength?: number;
  /** Free space on a folder's disk, bytes. */
  availableSpace?: (folder: string) => Promise<number>;
}

/**
 * Opens or creates everything that outlives the process, in one folder: `database/`, `blobs/`, `thumbnails/`,
 * `checkpoints/`, `exports/`, and the file `reserve`.
 * @throws AtelierError CONFLICT when another server has the folder open, UNAVAILABLE when its disk is almost full.
 * @throws DataFolderError when the database is missing or damaged, or does not belong to the pictures.
 */
export async function openEmbeddedStorage(
  dataDir: string,
  { graceMs = GRACE_MS, reserveFileByteLength = RESERVE_FILE_BYTES, availableSpace = availableSpaceOf }: EmbeddedStorageOptions = {},
): Promise<Storage> {
  await mkdir(dataDir, { recursive: true });
  const opened: (() => Promise<void>)[] = [await lockFolder(dataDir)];
  try {
    const reserve = reserveFile(join(dataDir, "reserve"), reserveFileByteLength);
    const space = createSpaceGuard(() => availableSpace(dataDir), reserve);
    opened.push(() => reserve.settled());
    const folders = { database: join(dataDir, "database"), blobs: join(dataDir, "blobs") };
    await requireDatabase(folders);
    const { database, close } = await space.storing(0, () => openEmbeddedDatabase(folders.database));
    opened.push(close);
    const inUse = (digests: readonly string[]) => digestsInUse(database, digests);
    const vacuum = startVacuum(database);
    opened.push(() => vacuum.close());
    // Nothing is swept before the database is known to belong to these pictures.
    await pair(folders, { inUse, anyInUse: () => anyDigestInUse(database) });
    const isUsed = async (digest: string) => (await inUse([digest])).has(digest);
    const thumbnails = await openFolderThumbnails(join(dataDir, "thumbnails"), { isUsed, space });
    const { close: closeBlobs, ...blobs } = await openFolderBlobs(folders.blobs, { inUse, graceMs, space, removed: thumbnails.remove });
    opened.push(closeBlobs);
    const checkpoints = await openFolderCheckpoints(join(dataDir, "checkpoints"), space);
    const films = sqlFilms(database, await openFolderFilms(join(dataDir, "exports"), database));
    const calls = new CallsUnderWay();
    opened.push(() => calls.close());
    const rowsOf = (claim?: Claim) => {
      const options = claim ? { claim } : {};
      const [sessions, changes, frames] = [sqlSessions(database, options), sqlChanges(database, options), sqlFrames(database, options)];
      const rows = guardRows({ images: sqlImages(database), sessions, changes, frames, access: sqlAccess(database), films }, space);
      return {
        images: calls.of(rows.images),
        sessions: calls.of(rows.sessions),
        changes: calls.of(rows.changes),
        frames: calls.of(rows.frames),
        access: calls.of(rows.access),
        films: calls.of(rows.films),
      };
    };
    const storage: Storage = {
      ...rowsOf(),
      recentFrames: memoryRecentFrames(),
      blobs: calls.of(blobs),
      thumbnails: calls.of({ get: thumbnails.get, put: thumbnails.put }),
      checkpoints: calls.of(checkpoints),
      // The database runs in this process.
      now: async () => new Date(),
      space: calls.of(storageSpace(() => availableSpace(dataDir), space, join(folders.blobs, "drafts"))),
      held: (claim) => ({
        ...storage,
        ...rowsOf(claim),
        checkpoints: calls.of({
          ...checkpoints,
          async put(sessionId, step, bytes) {
            await requireHeld(database, claim, sessionId);
            await checkpoints.put(sessionId, step, bytes);
          },
        }),
      }),
      close: () => closeAll(opened),
    };
    return storage;
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}
