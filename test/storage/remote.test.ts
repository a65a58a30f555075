import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { memoryRecentFrames } from "../../server/storage/embedded/recent-frames.js";
import type { ObjectsAddress } from "../../server/storage/remote/objects-address.js";
import { openRemoteStorage } from "../../server/storage/remote/open.js";
import type { Storage } from "../../server/storage/storage.js";
import { accessContract } from "../contracts/access.js";
import { claimsContract } from "../contracts/claims.js";
import { expiringContract } from "../contracts/expiring.js";
import { filmsContract } from "../contracts/films.js";
import { lastingSessionsContract } from "../contracts/lasting-sessions.js";
import { storageContract } from "../contracts/storage.js";
import { storedBytesContract } from "../contracts/stored-bytes.js";
import { noPostgres, type PostgresServer, postgresPrograms, startPostgres } from "../helpers/postgres-server.js";
import { type S3Server, startS3 } from "../helpers/s3-server.js";
import { noteSkipped } from "../helpers/skipped.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

describe.skipIf(postgresPrograms === null)("with PostgreSQL", () => {
  let postgres: PostgresServer;
  let root: string;
  let s3: S3Server;
  beforeAll(async () => {
    [postgres, s3] = await Promise.all([startPostgres(), startS3()]);
    for (const [name, value] of Object.entries(s3.variables)) vi.stubEnv(name, value);
    root = await mkdtemp(join(tmpdir(), "atelier-remote-"));
  });
  afterAll(async () => {
    await Promise.all([postgres.close(), s3.close()]);
    vi.unstubAllEnvs();
    await rm(root, { recursive: true, force: true });
  });

  /** A storage with a new database and, unless it is given a place, a new folder, which deletes bytes without delay. */
  async function open(blobs?: ObjectsAddress): Promise<Storage> {
    return openRemoteStorage({
      databaseUrl: await postgres.newDatabase(),
      blobs: blobs ?? { kind: "folder", folder: await mkdtemp(join(root, "shared-")) },
      cacheFolder: await mkdtemp(join(root, "cache-")),
      recentFrames: memoryRecentFrames(),
      graceMs: 0,
      // A picture whose row is about to follow would have no time.
      sweepMs: 3_600_000,
    });
  }

  storageContract("The remote storage", () => open());
  storedBytesContract("The remote storage", () => open());
  storedBytesContract("The remote storage with S3", () => open({ kind: "s3", bucket: s3.bucket, prefix: "atelier" }));
  accessContract("The remote storage", () => open());
  claimsContract("The remote storage", () => open());
  expiringContract("The remote storage", () => open());
  filmsContract("The remote storage", () => open());
  filmsContract("The remote storage with S3", () => open({ kind: "s3", bucket: s3.bucket, prefix: "films" }));
  lastingSessionsContract("The remote storage", () => open());
});
