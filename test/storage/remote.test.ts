import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { memoryRecentFrames } from "../../server/storage/embedded/recent-frames.js";
import { openRemoteStorage } from "../../server/storage/remote/open.js";
import type { Storage } from "../../server/storage/storage.js";
import { accessContract } from "../contracts/access.js";
import { expiringContract } from "../contracts/expiring.js";
import { lastingSessionsContract } from "../contracts/lasting-sessions.js";
import { storageContract } from "../contracts/storage.js";
import { storedBytesContract } from "../contracts/stored-bytes.js";
import { noPostgres, type PostgresServer, postgresPrograms, startPostgres } from "../helpers/postgres-server.js";
import { noteSkipped } from "../helpers/skipped.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

describe.skipIf(postgresPrograms === null)("with PostgreSQL and a shared folder", () => {
  let postgres: PostgresServer;
  let root: string;
  beforeAll(async () => {
    postgres = await startPostgres();
    root = await mkdtemp(join(tmpdir(), "atelier-remote-"));
  });
  afterAll(async () => {
    await postgres.close();
    await rm(root, { recursive: true, force: true });
  });

  /** A storage with a new database and a new folder, which deletes bytes without delay. */
  async function open(): Promise<Storage> {
    const [databaseUrl, folder, cacheFolder] = await Promise.all([
      postgres.newDatabase(),
      mkdtemp(join(root, "shared-")),
      mkdtemp(join(root, "cache-")),
    ]);
    return openRemoteStorage({
      databaseUrl,
      blobs: { kind: "folder", folder },
      cacheFolder,
      recentFrames: memoryRecentFrames(),
      graceMs: 0,
      // A picture whose row is about to follow would have no time.
      sweepMs: 3_600_000,
    });
  }

  storageContract("The remote storage", open);
  storedBytesContract("The remote storage", open);
  accessContract("The remote storage", open);
  expiringContract("The remote storage", open);
  lastingSessionsContract("The remote storage", open);
});
