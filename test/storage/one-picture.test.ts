import { randomBytes, randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { objectBlobs, pictureObjects } from "../../server/storage/remote/blobs.js";
import { startCandidates } from "../../server/storage/remote/candidates.js";
import { openRemoteDatabase } from "../../server/storage/remote/database.js";
import { openFolderObjects } from "../../server/storage/remote/folder-objects.js";
import { blobCandidates } from "../../server/storage/sql/schema.js";
import { aFrame, anImage, storeSession } from "../contracts/records.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { TwoServers } from "../helpers/remote-storage.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

const ROUNDS = 15;

describe.skipIf(postgresPrograms === null)("two servers with one picture", () => {
  const servers = new TwoServers();
  const { both } = servers;

  /** A server whose deletions of objects wait until `proceed` is called. */
  async function withSlowDeletions(graceMs: number) {
    const { database, close } = await openRemoteDatabase(servers.place.databaseUrl);
    const folder = await openFolderObjects(servers.place.folder);
    const { promise: begun, resolve: begin } = deferred();
    const { promise: allowed, resolve: proceed } = deferred();
    const objects = {
      ...folder,
      async delete(keys: readonly string[]) {
        begin();
        await allowed;
        await folder.delete(keys);
      },
    };
    const kinds = [pictureObjects(async () => undefined)];
    const candidates = startCandidates({ database, objects, kinds, graceMs, sweepMs: 3_600_000 });
    const space = {
      storing: <Result>(_: number, work: () => Promise<Result>) => work(),
      changing: <Result>(work: () => Promise<Result>) => work(),
    };
    const blobs = objectBlobs({ objects, candidates, space, atOnce: graceMs === 0 });
    const end = async () => {
      await candidates.close();
      await close();
    };
    return { database, blobs, candidates, begun, proceed, end };
  }

  it("bytes that are stored again while they are deleted are there afterwards", async () => {
    const slow = await withSlowDeletions(0);
    const bytes = randomBytes(100);
    const digest = await both()[0].blobs.put(bytes);
    const deleting = slow.blobs.delete(digest);
    await slow.begun;
    let isStored = false;
    const storing = both()[0]
      .blobs.put(bytes)
      .then(() => {
        isStored = true;
      });
    // What another server stores meanwhile does not wait.
    await both()[1].blobs.put(randomBytes(100));
    expect(isStored).toBe(false);
    slow.proceed();
    await Promise.all([deleting, storing]);
    expect(bytes.equals(await both()[1].blobs.get(digest))).toBe(true);
    await slow.end();
  });

  it("a deletion skips what another server deletes, and waits for it where it is about one picture", async () => {
    const slow = await withSlowDeletions(0);
    const digest = await both()[0].blobs.put(randomBytes(100));
    const deleting = slow.blobs.delete(digest);
    await slow.begun;
    const again = both()[1].blobs.delete(digest);
    slow.proceed();
    await Promise.all([deleting, again]);
    await expect(both()[1].blobs.get(digest)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await slow.end();
  });

  it("bytes whose row may still follow are kept, whoever deletes them", async () => {
    const patient = await withSlowDeletions(3_600_000);
    patient.proceed();
    const digest = await both()[0].blobs.put(randomBytes(100));
    await patient.blobs.delete(digest);
    await patient.candidates.sweep();
    expect((await both()[1].blobs.get(digest)).byteLength).toBe(100);
    await patient.end();
  });

  it("a row that comes after the time of grace is refused, until the bytes are stored again", async () => {
    const patient = await withSlowDeletions(3_600_000);
    patient.proceed();
    const [bytes, { id }] = [randomBytes(100), await storeSession(both()[0])];
    const digest = await both()[0].blobs.put(bytes);
    const rows = [() => both()[0].images.insert(anImage({ digest })), () => both()[0].frames.insert(aFrame(id, 0, { digest }))];
    await patient.database.execute(sql`update blob_candidates set since = now() - interval '1 day' where digest = ${digest}`);
    await patient.candidates.sweep();
    for (const row of rows) await expect(row()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await both()[1].blobs.put(bytes);
    for (const row of rows) expect(await row()).toBeTruthy();
    // What was removed is not remembered for ever.
    const other = await both()[0].blobs.put(randomBytes(100));
    const remembered = () => patient.database.$count(blobCandidates, eq(blobCandidates.digest, other));
    await patient.database.execute(sql`update blob_candidates set since = now() - interval '1 day' where digest = ${other}`);
    await patient.candidates.sweep();
    expect(await remembered()).toBe(1);
    await patient.database.execute(sql`update blob_candidates set removed_at = now() - interval '2 days' where digest = ${other}`);
    await patient.candidates.sweep();
    expect(await remembered()).toBe(0);
    await patient.end();
  });

  it("a row waits for a server that deletes its picture, and is refused then", async () => {
    const slow = await withSlowDeletions(0);
    const { id } = await storeSession(both()[0]);
    const digest = await both()[0].blobs.put(randomBytes(100));
    const deleting = slow.blobs.delete(digest);
    await slow.begun;
    const inserting = both()[0].frames.insert(aFrame(id, 0, { digest }));
    const refused = expect(inserting).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const waiting = sql`pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await until(async () => (await slow.database.$count(waiting)) > 0);
    slow.proceed();
    await Promise.all([deleting, refused]);
    expect(await both()[0].frames.latest(id)).toBeNull();
    await slow.end();
  });

  it("bytes that are stored again get the time of grace again", async () => {
    const patient = await withSlowDeletions(3_600_000);
    patient.proceed();
    const bytes = randomBytes(100);
    const [again, never] = [await both()[0].blobs.put(bytes), await both()[0].blobs.put(randomBytes(100))];
    await patient.database.execute(sql`update blob_candidates set since = now() - interval '1 day' where digest in (${again}, ${never})`);
    await both()[1].blobs.put(bytes);
    await patient.candidates.sweep();
    expect(bytes.equals(await both()[0].blobs.get(again))).toBe(true);
    await expect(both()[0].blobs.get(never)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await patient.end();
  });

  it("is never lost while it is stored and deleted again and again", async () => {
    const bytes = randomBytes(100);
    for (let round = 0; round < ROUNDS; round++) {
      const stored = both().map(async (storage) => {
        const image = anImage({ digest: await storage.blobs.put(bytes), ownerId: randomUUID() });
        return storage.images.insert(image);
      });
      const images = await Promise.all(stored);
      const [first, second] = images.map(({ id }) => id) as [string, string];
      // The first image goes while the second one stays: its picture is still used.
      await Promise.all(both().map(async (storage) => storage.blobs.delete((await storage.images.delete(first)) ?? images[0]!.digest)));
      expect(bytes.equals(await both()[1].blobs.get(images[0]!.digest))).toBe(true);
      await both()[0].images.delete(second);
    }
  });
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
