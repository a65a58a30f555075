import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { PictureUnreadable, StorageUnavailable } from "../../server/errors.js";
import { openRemoteDatabase } from "../../server/storage/remote/database.js";
import type { RemoteStorageOptions } from "../../server/storage/remote/open.js";
import { reaching } from "../../server/storage/remote/reachable.js";
import type { Storage } from "../../server/storage/storage.js";
import { anImage, storeSession } from "../contracts/records.js";
import { eventually } from "../helpers/eventually.js";
import { hasPooler, startPooler } from "../helpers/pooler.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { type RemoteRig, type SharedPlace, startRemoteRig } from "../helpers/remote-storage.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

/** More than the connections of one storage. */
const MANY = 30;

describe.skipIf(postgresPrograms === null)("faults of what servers share", () => {
  let rig: RemoteRig;
  beforeAll(async () => {
    rig = await startRemoteRig();
  });
  afterAll(() => rig.close());

  async function opened(place: SharedPlace, options?: Partial<RemoteStorageOptions>): Promise<Storage> {
    const storage = await rig.open(place, options);
    onTestFinished(() => storage.close());
    return storage;
  }

  it("servers that start at once migrate an empty database once", async () => {
    const { folder } = await rig.newPlace();
    const place = { databaseUrl: await rig.postgres.newDatabase("empty"), folder };
    const storages = await Promise.all(Array.from({ length: 4 }, () => opened(place)));
    const image = await storages[0]!.images.insert(anImage());
    for (const storage of storages) expect(await storage.images.find(image.id)).toEqual(image);
  });

  it.skipIf(!hasPooler())("servers that start at once behind a pooler in transaction mode migrate once, and leave no lock", async () => {
    const databaseUrl = await rig.postgres.newDatabase("empty");
    const pooler = await startPooler(databaseUrl);
    onTestFinished(() => pooler.close());
    const databases = await Promise.all(Array.from({ length: 4 }, () => openRemoteDatabase(pooler.url)));
    for (const { close } of databases) onTestFinished(close);
    for (const { database, renewals } of databases) {
      for (const one of [database, renewals]) await one.execute(sql`select count(*) from sessions`);
    }
    const direct = new pg.Client(databaseUrl);
    await direct.connect();
    onTestFinished(() => direct.end());
    const { rows } = await direct.query("select pid from pg_locks where locktype = 'advisory'");
    expect(rows).toEqual([]);
  });

  it("a start that waits for another one to migrate says whom it waits for", async () => {
    const { databaseUrl } = await rig.newPlace();
    const other = new pg.Client(databaseUrl);
    await other.connect();
    const { rows } = await other.query("select pg_advisory_lock(27431015937893746), pg_backend_pid() as pid");
    const said: string[] = [];
    const opening = openRemoteDatabase(databaseUrl, { noticeMs: 20, warn: (message) => said.push(message) });
    await until(() => said.length > 1);
    expect(said[0]).toContain(`waits for another server to change the database: process ${rows[0].pid} of PostgreSQL`);
    await other.end();
    await (await opening).close();
  });

  it("a database that is away, or that does not exist, is unavailable", async () => {
    const { databaseUrl, folder } = await rig.newPlace();
    const missing = new URL("no_such_database", databaseUrl).href;
    await expect(rig.open({ databaseUrl: missing, folder })).rejects.toThrow(StorageUnavailable);
    await expect(rig.open({ databaseUrl: "postgres://atelier@127.0.0.1:1/atelier", folder })).rejects.toThrow(/ECONNREFUSED/);
  });

  it("a database that takes a connection and says nothing is unavailable", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    onTestFinished(() => void silent.close());
    const address = silent.address();
    const port = typeof address === "object" && address ? address.port : 0;
    await expect(openRemoteDatabase(`postgres://atelier@127.0.0.1:${port}/atelier`, { connectMs: 100 })).rejects.toThrow(
      StorageUnavailable,
    );
  });

  it("statements that take too long are ended, and their connections are used again or given up", async () => {
    const { databaseUrl } = await rig.newPlace();
    const { database, close } = await openRemoteDatabase(databaseUrl, { statementMs: 300 });
    onTestFinished(close);
    const sleeping = Array.from({ length: MANY }, (_, index) =>
      reaching(async () => {
        const sleep = (on: typeof database) => on.execute(sql`select pg_sleep(60)`);
        await (index % 2 === 0 ? sleep(database) : database.transaction(sleep));
      }),
    );
    for (const { reason } of (await Promise.allSettled(sleeping)) as PromiseRejectedResult[])
      expect(reason).toBeInstanceOf(StorageUnavailable);
    await Promise.all(Array.from({ length: MANY }, () => database.transaction((transaction) => transaction.execute(sql`select 1`))));
  });

  it("a database that ends fails what is asked of it, and is used again once it is back", async () => {
    const storage = await opened(await rig.newPlace());
    const session = await storeSession(storage);
    const digest = await storage.blobs.put(Uint8Array.of(1, 2, 3));
    await storage.images.insert(anImage({ digest }));
    /** Statements and transactions, more than there are connections. */
    const calls = () =>
      Array.from({ length: MANY }, (_, index) =>
        index % 2 === 0 ? storage.images.insert(anImage()) : storage.sessions.update(session.id, { title: `${index}` }),
      );

    const underWay = Promise.allSettled(calls());
    await rig.postgres.stop();
    for (const result of [...(await underWay), ...(await Promise.allSettled(calls()))]) {
      if (result.status === "rejected") expect(result.reason).toBeInstanceOf(StorageUnavailable);
    }
    await expect(storage.sessions.find(session.id)).rejects.toThrow(StorageUnavailable);
    await expect(storage.blobs.put(Uint8Array.of(4))).rejects.toThrow(StorageUnavailable);
    await expect(storage.checkpoints.put(session.id, 1, Uint8Array.of(4))).rejects.toThrow(StorageUnavailable);
    expect(await storage.space.obstacle()).toMatch(/database/);
    // Pictures need no database.
    expect([...(await storage.blobs.get(digest))]).toEqual([1, 2, 3]);

    await rig.postgres.start();
    await Promise.all(calls());
    expect(await storage.space.obstacle()).toBeNull();
    await storage.blobs.delete(digest);
    expect([...(await storage.blobs.get(digest))]).toEqual([1, 2, 3]);
  });

  it("connections that an operator ends in the middle of transactions end no process and stay no longer", async () => {
    const storage = await opened(await rig.newPlace());
    const session = await storeSession(storage);
    let isEnding = true;
    const ending = (async () => {
      for (let round = 0; round < 10; round++) {
        await rig.postgres.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'atelier'");
      }
      isEnding = false;
    })();
    while (isEnding) {
      const changes = Array.from({ length: MANY }, (_, alpha) =>
        storage.changes.add(session.id, { settings: { alpha }, styles: null }, ["QUEUED"]),
      );
      for (const result of await Promise.allSettled(changes)) {
        if (result.status === "rejected") expect(result.reason).toBeInstanceOf(StorageUnavailable);
      }
    }
    await ending;
    await Promise.all(Array.from({ length: MANY }, () => storage.sessions.update(session.id, { title: "still here" })));
  });

  it("a shared folder that is gone is unavailable, and its pictures are not lost", async () => {
    const place = await rig.newPlace();
    const storage = await opened(place);
    const digest = await storage.blobs.put(randomBytes(100));
    await storage.images.insert(anImage({ digest }));
    const id = randomUUID();
    await storage.checkpoints.put(id, 1, Uint8Array.of(1));
    const away = join(place.folder, "..", "away");
    await rename(place.folder, away);
    const refusal = await storage.blobs.get(digest).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(PictureUnreadable);
    expect(refusal).toMatchObject({ code: "UNAVAILABLE" });
    await expect(storage.blobs.put(randomBytes(100))).rejects.toThrow(StorageUnavailable);
    await expect(storage.checkpoints.get(id, 1)).rejects.toThrow(StorageUnavailable);
    expect(await storage.space.obstacle()).toMatch(/folder/);
    await rename(away, place.folder);
    expect((await storage.blobs.get(digest)).byteLength).toBe(100);
    expect((await storage.checkpoints.get(id, 1))?.step).toBe(1);
    expect(await storage.space.obstacle()).toBeNull();
  });

  it("a server's own disk that is full is no obstacle to sessions, and its free space is known beside the store's", async () => {
    let available = 1e9;
    const place = await rig.newPlace();
    const storage = await opened(place, { availableSpace: async () => available });
    expect([await storage.space.obstacle(), await storage.space.free("own")]).toEqual([null, available]);
    expect(await storage.space.free("store")).toBeGreaterThan(0);
    available = 10 * 2 ** 20;
    expect(await storage.space.obstacle()).toMatch(/own folder.*10 MiB are free/);
    expect(await storage.space.obstacle({ forSessions: true })).toBeNull();
    await storage.blobs.put(randomBytes(100));
    const away = join(place.folder, "..", "unmounted");
    await rename(place.folder, away);
    expect([await storage.space.free("store"), await storage.space.free("own")]).toEqual([null, available]);
    expect(await storage.space.obstacle({ forSessions: true })).toMatch(/folder/);
    await rename(away, place.folder);
  });

  it("a server's own folder that cannot be written is reported", async () => {
    const cacheFolder = await mkdtemp(join(tmpdir(), "atelier-own-"));
    const storage = await opened(await rig.newPlace(), { cacheFolder });
    expect(await storage.space.obstacle()).toBeNull();
    await rm(cacheFolder, { recursive: true });
    expect(await storage.space.obstacle()).toMatch(/own folder.*ENOENT/);
    expect(await storage.space.free("own")).toBeNull();
  });

  it("pictures whose rows never came or went without a word are deleted, checkpoints too", async () => {
    const place = await rig.newPlace();
    const killed = await opened(place);
    const never = await killed.blobs.put(Buffer.from("no row"));
    const [gone, kept] = [await killed.blobs.put(Buffer.from("its row went")), await killed.blobs.put(Buffer.from("has a row"))];
    const image = await killed.images.insert(anImage({ digest: gone }));
    await killed.images.insert(anImage({ digest: kept }));
    await killed.images.delete(image.id);
    const [parent, branch] = [randomUUID(), randomUUID()];
    await killed.checkpoints.put(parent, 1, Uint8Array.of(1));
    await killed.checkpoints.put(parent, 2, Uint8Array.of(2));
    await killed.checkpoints.share(parent, branch, 1);
    await killed.checkpoints.delete(parent);

    const next = await opened(place, { sweepMs: 10 });
    await eventually(async () => {
      for (const digest of [never, gone]) await expect(next.blobs.get(digest)).rejects.toMatchObject({ code: "NOT_FOUND" });
    });
    expect(Buffer.from(await next.blobs.get(kept)).toString()).toBe("has a row");
    expect([...((await next.checkpoints.get(branch, 9))?.bytes ?? [])]).toEqual([1]);
  });

  it("a closed storage refuses every call", async () => {
    const storage = await rig.open(await rig.newPlace());
    await storage.close();
    for (const call of [
      () => storage.images.insert(anImage()),
      () => storage.blobs.put(Uint8Array.of(1)),
      () => storage.space.obstacle(),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: "UNAVAILABLE", message: "The server is closing." });
    }
  });
});
