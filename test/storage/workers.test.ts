import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WorkerAnnouncement } from "../../server/records/worker.js";
import type { RemoteStorage } from "../../server/storage/remote/open.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { type RemoteRig, type SharedPlace, startRemoteRig } from "../helpers/remote-storage.js";
import { noteSkipped } from "../helpers/skipped.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

/** How long a worker that announces nothing counts as there, ms: longer than a test. */
const SILENCE_MS = 60_000;

const announcement = (machine: string): WorkerAnnouncement => ({
  ...{ machine, devices: [], refusedDevices: [], models: [], maxSize: 512, stepTimes: {} },
});

describe.skipIf(postgresPrograms === null)("workers that announce themselves", () => {
  let rig: RemoteRig;
  let place: SharedPlace;
  let storage: RemoteStorage;
  let database: pg.Client;
  beforeAll(async () => {
    rig = await startRemoteRig();
    place = await rig.newPlace();
    storage = await rig.open(place);
    database = new pg.Client({ connectionString: place.databaseUrl });
    await database.connect();
  });
  afterAll(async () => {
    await database?.end();
    await storage?.close();
    await rig?.close();
  });

  const announce = (id: string) => storage.workers.announce(id, announcement(id), SILENCE_MS);
  const listed = async (except?: string) => (await storage.workers.list(SILENCE_MS, except)).map(({ machine }) => machine);
  const seenSince = (id: string, interval: string) =>
    database.query("update workers set seen_at = clock_timestamp() + $1::interval where id = $2", [interval, id]);

  it("are listed until they leave", async () => {
    const ids = [randomUUID(), randomUUID()].sort();
    for (const id of ids) await announce(id);
    expect([await listed(), await listed(ids[0])]).toEqual([ids, [ids[1]]]);
    await storage.workers.leave(ids[0]!);
    await storage.workers.leave(ids[1]!);
    expect(await listed()).toEqual([]);
  });

  it.each([
    { when: "they have announced nothing for too long", interval: "-61 seconds" },
    { when: "they died before the clock of the database was set back an hour", interval: "1 hour" },
  ])("are no longer there when $when, until they announce themselves again", async ({ interval }) => {
    const [gone, alive] = [randomUUID(), randomUUID()];
    await announce(gone);
    await seenSince(gone, interval);
    expect(await listed()).toEqual([]);
    await announce(alive);
    expect((await database.query("select id from workers")).rows).toEqual([{ id: alive }]);
    await announce(gone);
    expect(await listed(alive)).toEqual([gone]);
    for (const id of [gone, alive]) await storage.workers.leave(id);
  });
});
