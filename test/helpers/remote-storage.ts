import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { memoryRecentFrames } from "../../server/storage/embedded/recent-frames.js";
import { openRemoteStorage, type RemoteStorage, type RemoteStorageOptions } from "../../server/storage/remote/open.js";

import { type PostgresServer, startPostgres } from "./postgres-server.js";

/** What servers share: a database and a folder. */
export interface SharedPlace {
  databaseUrl: string;
  folder: string;
}

/** A PostgreSQL server with storages on it. */
export interface RemoteRig {
  readonly postgres: PostgresServer;
  newPlace(): Promise<SharedPlace>;
  /**
   * Opens the storage of one more server. Unless options say otherwise, it deletes bytes without delay, and does not
   * search by itself: a picture whose row is about to follow would have no time.
   */
  open(place: SharedPlace, options?: Partial<RemoteStorageOptions>): Promise<RemoteStorage>;
  close(): Promise<void>;
}

export async function startRemoteRig(): Promise<RemoteRig> {
  const postgres = await startPostgres();
  const root = await mkdtemp(join(tmpdir(), "atelier-remote-"));
  return {
    postgres,
    newPlace: async () => ({ databaseUrl: await postgres.newDatabase(), folder: await mkdtemp(join(root, "shared-")) }),
    open: async ({ databaseUrl, folder }, options = {}) => {
      const memory = memoryRecentFrames();
      return openRemoteStorage({
        databaseUrl,
        blobs: { kind: "folder", folder },
        cacheFolder: await mkdtemp(join(root, "cache-")),
        recentFrames: { ...memory, held: () => memory },
        graceMs: 0,
        sweepMs: 3_600_000,
        ...options,
      });
    },
    async close() {
      await postgres.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Two servers that share a place, for the tests of the `describe` that calls this. */
export class TwoServers {
  rig!: RemoteRig;
  place!: SharedPlace;
  private opened: RemoteStorage[] = [];

  constructor() {
    beforeAll(async () => {
      this.rig = await startRemoteRig();
      this.place = await this.rig.newPlace();
      this.opened = await Promise.all([this.rig.open(this.place), this.rig.open(this.place)]);
    });
    afterAll(async () => {
      await Promise.all(this.opened.map((storage) => storage.close()));
      await this.rig?.close();
    });
  }

  readonly both = (): [RemoteStorage, RemoteStorage] => this.opened as [RemoteStorage, RemoteStorage];
}
