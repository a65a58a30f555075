import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Claim } from "../../records/claim.js";
import { CallsUnderWay } from "../common/calls-under-way.js";
import { closeAll } from "../common/close-all.js";
import { availableSpaceOf, createSpaceGuard } from "../common/space.js";
import { openFolderThumbnails } from "../common/thumbnails.js";
import type { AuditStore, LeaseStore, SharedModelStore, TrialStore, WorkerStore } from "../fleet.js";
import { sqlAccess } from "../sql/access.js";
import { sqlAudit } from "../sql/audit.js";
import { sqlChanges } from "../sql/changes.js";
import { timeOf } from "../sql/clock.js";
import { digestsInUse, type RowsDeleted } from "../sql/digests.js";
import { sqlFilms } from "../sql/films.js";
import { sqlFrames } from "../sql/frames.js";
import { sqlImages } from "../sql/images.js";
import { sqlLeases } from "../sql/leases.js";
import { sqlSessions } from "../sql/sessions.js";
import { sqlSharedModels } from "../sql/shared-models.js";
import { sqlTrials } from "../sql/trials.js";
import { sqlWorkers } from "../sql/workers.js";
import type { Storage } from "../storage.js";
import { objectBlobs, pictureObjects } from "./blobs.js";
import { startCandidates } from "./candidates.js";
import { checkpointObjects, objectCheckpoints } from "./checkpoints.js";
import { openRemoteDatabase } from "./database.js";
import { filmObjects, objectFilms } from "./films.js";
import { openFolderObjects } from "./folder-objects.js";
import { modelObjects, objectModels } from "./model-files.js";
import type { ObjectStore } from "./objects.js";
import type { ObjectsAddress } from "./objects-address.js";
import { pairStore } from "./pairing.js";
import { reachable, reaching } from "./reachable.js";
import type { SharedRecentFrames } from "./recent-frames.js";
import { remoteSpace } from "./space.js";

/** A picture's row follows its bytes within milliseconds, so a minute is plenty. */
const GRACE_MS = 60_000;

/** Time between two searches for pictures and checkpoints that no row refers to, ms. */
const SWEEP_MS = 5000;

export interface RemoteStorageOptions {
  /** `postgres://user:password@host:port/database`. */
  databaseUrl: string;
  /** Where servers share pictures and checkpoints. */
  blobs: ObjectsAddress;
  /** Folder of this server alone, for thumbnails. */
  cacheFolder: string;
  recentFrames: SharedRecentFrames;
  /** Longest time between storing the bytes of a picture and its row, ms. */
  graceMs?: number;
  sweepMs?: number;
  /** Free space of the disk of `cacheFolder`, bytes. */
  availableSpace?: (folder: string) => Promise<number>;
  /** Receives what the operator should know. */
  warn?: (message: string) => void;
}

/** What several processes share, and who of them does what. */
export interface RemoteStorage extends Storage {
  readonly leases: LeaseStore;
  readonly workers: WorkerStore;
  readonly audit: AuditStore;
  readonly sharedModels: SharedModelStore;
  readonly trials: TrialStore;
}

/**
 * Opens everything that outlives the process where several servers share it: rows in PostgreSQL, pictures and checkpoints in
 * a shared folder or in S3.
 * @throws StorageUnavailable when the database or the store cannot be reached; AtelierError CONFLICT when they do not belong
 * together.
 */
export async function openRemoteStorage({
  databaseUrl,
  blobs,
  cacheFolder,
  recentFrames,
  graceMs = GRACE_MS,
  sweepMs = SWEEP_MS,
  availableSpace = availableSpaceOf,
  warn = () => undefined,
}: RemoteStorageOptions): Promise<RemoteStorage> {
  const opened: (() => Promise<void>)[] = [];
  try {
    const objects = await openObjects(blobs);
    opened.push(() => objects.close());
    const { database, renewals, close } = await openRemoteDatabase(databaseUrl, {
      prepare: (migrated) => pairStore(migrated, objects),
      warn,
    });
    opened.push(close);
    await mkdir(cacheFolder, { recursive: true });
    const shared = createSpaceGuard(() => objects.free());
    const own = createSpaceGuard(() => availableSpace(cacheFolder));
    const isUsed = (digest: string) => reaching(async () => (await digestsInUse(database, [digest])).has(digest));
    const thumbnails = await openFolderThumbnails(join(cacheFolder, "thumbnails"), { isUsed, space: own });
    const kinds = [pictureObjects(thumbnails.remove), checkpointObjects, filmObjects, modelObjects];
    const candidates = startCandidates({ database, objects, kinds, graceMs, sweepMs });
    opened.push(() => candidates.close());
    const rowsDeleted: RowsDeleted = (transaction, digests) => candidates.add(digests, transaction);
    const calls = new CallsUnderWay();
    opened.push(() => calls.close());
    const heldBy = (claim?: Claim) => {
      const options = { rowsDeleted, ...(claim ? { claim } : {}) };
      return {
        sessions: calls.of(reachable(sqlSessions(database, options))),
        changes: calls.of(reachable(sqlChanges(database, options))),
        frames: calls.of(reachable(sqlFrames(database, options))),
        checkpoints: calls.of(reachable(objectCheckpoints({ database, objects, candidates, space: shared, ...options }))),
      };
    };
    const storage: RemoteStorage = {
      images: calls.of(reachable(sqlImages(database, rowsDeleted))),
      ...heldBy(),
      access: calls.of(reachable(sqlAccess(database))),
      films: calls.of(reachable(sqlFilms(database, objectFilms({ objects, candidates, space: shared, atOnce: graceMs === 0 }), renewals))),
      recentFrames,
      blobs: calls.of(objectBlobs({ objects, candidates, space: shared, atOnce: graceMs === 0 })),
      thumbnails: calls.of({ get: thumbnails.get, put: thumbnails.put }),
      ...calls.of(reachable({ now: () => timeOf(database) })),
      space: calls.of(remoteSpace({ database, objects, shared, own, ownFolder: cacheFolder, availableSpace })),
      leases: calls.of(reachable(sqlLeases(database, renewals))),
      audit: calls.of(reachable(sqlAudit(database))),
      workers: calls.of(reachable(sqlWorkers(database))),
      sharedModels: calls.of(reachable(sqlSharedModels(database, objectModels({ objects, candidates, space: shared })))),
      trials: calls.of(reachable(sqlTrials(database, renewals))),
      held: (claim) => ({ ...storage, ...heldBy(claim), recentFrames: recentFrames.held(claim) }),
      close: () => closeAll(opened),
    };
    return storage;
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

async function openObjects(address: ObjectsAddress): Promise<ObjectStore> {
  if (address.kind === "folder") return openFolderObjects(address.folder);
  // The client of S3 takes time to load.
  return (await import("./s3-objects.js")).s3Objects(address);
}
