import { randomBytes, randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { StyleTransferRecord } from "../../server/records/session.js";
import { objectBlobs, pictureObjects } from "../../server/storage/remote/blobs.js";
import { startCandidates } from "../../server/storage/remote/candidates.js";
import { openRemoteDatabase } from "../../server/storage/remote/database.js";
import { openFolderObjects } from "../../server/storage/remote/folder-objects.js";
import { blobCandidates, checkpoints } from "../../server/storage/sql/schema.js";
import type { OpenSessions, Storage } from "../../server/storage/storage.js";
import { aLink } from "../contracts/access.js";
import { aFrame, anImage, aSession, storeSession } from "../contracts/records.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { type RemoteRig, type SharedPlace, startRemoteRig } from "../helpers/remote-storage.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

const ROUNDS = 15;

describe.skipIf(postgresPrograms === null)("two servers at once", () => {
  let rig: RemoteRig;
  let place: SharedPlace;
  let [one, other]: Storage[] = [];
  const both = () => [one, other] as [Storage, Storage];
  beforeAll(async () => {
    rig = await startRemoteRig();
    place = await rig.newPlace();
    [one, other] = await Promise.all([rig.open(place), rig.open(place)]);
  });
  afterAll(async () => {
    await Promise.all(both().map((storage) => storage.close()));
    await rig.close();
  });

  /** A session that runs and has frames 0 to `last` of 100 bytes, whose pictures are not stored. */
  async function paintedSession(last: number): Promise<StyleTransferRecord> {
    const session = await storeSession(both()[0], { status: "RUNNING" });
    for (let step = 0; step <= last; step++) {
      await both()[0].frames.insert(aFrame(session.id, step, { digest: randomBytes(32).toString("hex"), byteLength: 100 }));
    }
    return session;
  }

  function branchOf(parent: StyleTransferRecord, step: number): StyleTransferRecord {
    return aSession(parent.contentId, { initial: parent.initial, parentId: parent.id, branchedAtStep: step, step });
  }

  it("store the same bytes of an owner as one image", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { digest } = anImage();
      const kept = await Promise.all([...both(), ...both()].map((storage) => storage.images.insert(anImage({ digest }))));
      expect(new Set(kept.map(({ id }) => id)).size).toBe(1);
    }
  });

  it("start and resume sessions of one owner: they pass no limit together, and those of another owner have places of their own", async () => {
    const image = await both()[0].images.insert(anImage());
    const place = {
      linkId: null,
      require({ own }: OpenSessions) {
        if (own >= 2) throw new Error("There is no place.");
      },
    };
    for (let round = 0; round < ROUNDS; round++) {
      const [ownerId, otherId] = [randomUUID(), randomUUID()];
      const paused = aSession(image.id, { ownerId, status: "PAUSED" });
      await both()[0].sessions.insert(paused);
      await Promise.allSettled([
        ...both().flatMap((storage) =>
          [ownerId, ownerId, otherId].map((owner) => storage.sessions.insert(aSession(image.id, { ownerId: owner }), [], place)),
        ),
        ...both().map((storage) => storage.sessions.resume(paused.id, place)),
      ]);
      for (const owner of [ownerId, otherId]) expect(await both()[1].sessions.count({ ownerId: owner, status: ["QUEUED"] })).toBe(2);
    }
  });

  it("start and resume sessions of visitors of one link: together they pass no limit of it", async () => {
    const image = await both()[0].images.insert(anImage());
    for (let round = 0; round < ROUNDS; round++) {
      const link = aLink();
      await both()[0].access.addLink(link, randomUUID());
      const visitors = Array.from({ length: 4 }, () => randomUUID());
      for (const visitor of visitors) await both()[0].access.admit(visitor, randomUUID(), link);
      const paused = aSession(image.id, { ownerId: visitors[0]!, status: "PAUSED" });
      await both()[0].sessions.insert(paused);
      const place = {
        linkId: link.id,
        require({ ofLink }: OpenSessions) {
          if (ofLink >= 2) throw new Error("There is no place.");
        },
      };
      const results = await Promise.allSettled([
        ...both().flatMap((storage) => visitors.map((ownerId) => storage.sessions.insert(aSession(image.id, { ownerId }), [], place))),
        ...both().map((storage) => storage.sessions.resume(paused.id, place)),
      ]);
      const reasons = results.flatMap((result) => (result.status === "rejected" ? [(result.reason as Error).message] : []));
      expect(new Set(reasons)).toEqual(new Set(["There is no place."]));
      const open = visitors.map((ownerId) => both()[1].sessions.count({ ownerId, status: ["QUEUED"] }));
      expect((await Promise.all(open)).reduce((sum, count) => sum + count)).toBe(2);
    }
  });

  it("start a session and delete its image: one of them wins", async () => {
    const [a, b] = both();
    for (let round = 0; round < ROUNDS; round++) {
      const image = await a.images.insert(anImage());
      const session = aSession(image.id);
      const [started, deleted] = await Promise.allSettled([a.sessions.insert(session), b.images.delete(image.id)]);
      if (started.status === "rejected") expect(started.reason).toMatchObject({ code: "NOT_FOUND" });
      expect(deleted).toMatchObject({ status: "fulfilled", value: started.status === "rejected" ? image.digest : null });
    }
  });

  it("delete a session and its branch: one of them reports the pictures that both had", async () => {
    const [a, b] = both();
    for (let round = 0; round < ROUNDS; round++) {
      const parent = await paintedSession(3);
      const branch = branchOf(parent, 2);
      await a.sessions.insertBranch(branch, null);
      const shared = (await a.frames.list(branch.id, { first: 10, after: null }, {})).rows.map(({ digest }) => digest);
      const reported = await Promise.all([a.sessions.delete(parent.id), b.sessions.delete(branch.id)]);
      expect(reported.flat()).toEqual(expect.arrayContaining(shared));
    }
  });

  it("branch a session and delete it: the branch has all its frames, or is refused", async () => {
    const [a, b] = both();
    for (let round = 0; round < ROUNDS; round++) {
      const parent = await paintedSession(3);
      const branch = branchOf(parent, 2);
      const [isStored, digests] = await Promise.all([a.sessions.insertBranch(branch, null), b.sessions.delete(parent.id)]);
      expect((await b.frames.countOf([branch.id], {})).get(branch.id)).toBe(isStored ? 3 : undefined);
      expect(digests).toHaveLength(isStored ? 1 : 4);
    }
  });

  it("branch a session and thin it: no picture of the branch is reported as unused", async () => {
    const [a, b] = both();
    for (let round = 0; round < ROUNDS; round++) {
      const parent = await paintedSession(9);
      const branch = branchOf(parent, 9);
      const [isStored, unused] = await Promise.all([a.sessions.insertBranch(branch, null), b.frames.thin(parent.id, 400)]);
      expect(isStored).toBe(true);
      const kept = (await a.frames.list(branch.id, { first: 10, after: null }, {})).rows.map(({ digest }) => digest);
      expect(unused.filter((digest) => kept.includes(digest))).toEqual([]);
    }
  });

  it("paint, steer, settle, thin and end a session, and its sums stay right", async () => {
    const [a, b] = both();
    const session = await paintedSession(0);
    const change = { settings: { alpha: 2 }, styles: [{ imageId: session.contentId, weight: 2 }] };
    for (let round = 0; round < ROUNDS; round++) {
      const step = 1 + 2 * round;
      await Promise.all([
        a.frames.insert(aFrame(session.id, step, { byteLength: 100 })),
        b.frames.insert(aFrame(session.id, step + 1, { byteLength: 100 })),
        a.changes.add(session.id, change, ["RUNNING"]),
        b.changes.settle(session.id, step),
        a.frames.thin(session.id, 500),
        b.sessions.update(session.id, { title: `${round}` }),
      ]);
    }
    const { rows } = await a.frames.list(session.id, { first: 100, after: null }, {});
    expect((await b.frames.countOf([session.id], {})).get(session.id)).toBe(rows.length);
    expect(await b.frames.byteLengthOf(session.id)).toBe(rows.length * 100);
    expect((await a.changes.counts([session.id])).get(session.id)).toBe(ROUNDS);
  });

  it("steer, settle and delete a session, and none of them fails", async () => {
    const [a, b] = both();
    for (let round = 0; round < ROUNDS; round++) {
      const session = await paintedSession(1);
      const change = { settings: { alpha: 2 }, styles: null };
      await a.changes.add(session.id, change, ["RUNNING"]);
      await Promise.all([
        a.changes.settle(session.id, 1),
        b.sessions.delete(session.id),
        a.changes.add(session.id, change, ["RUNNING"]),
        b.frames.insert(aFrame(session.id, 2)),
      ]);
      expect(await a.frames.latest(session.id)).toBeNull();
    }
  });

  it("add, share, trim and delete checkpoints, and what is shared stays", async () => {
    const [a, b] = both();
    const branches: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const [parent, branch] = [randomUUID(), randomUUID()];
      await a.checkpoints.put(parent, 1, Uint8Array.of(1));
      await Promise.all([
        a.checkpoints.share(parent, branch, 1),
        b.checkpoints.delete(parent),
        a.checkpoints.put(parent, 2, Uint8Array.of(2)),
        b.checkpoints.put(parent, 2, Uint8Array.of(2)),
        b.checkpoints.trim(1e6),
      ]);
      if ((await b.checkpoints.get(branch, 1)) !== null) branches.push(branch);
    }
    // Candidates are looked at in the order in which they became that, so all of them were once the last one is gone.
    const last = await a.blobs.put(randomBytes(100));
    const sweeper = await rig.open(place, { sweepMs: 5 });
    onTestFinished(() => sweeper.close());
    await vi.waitFor(() => expect(a.blobs.get(last)).rejects.toMatchObject({ code: "NOT_FOUND" }), 10_000);
    for (const branch of branches) expect((await b.checkpoints.get(branch, 1))?.bytes).toEqual(Buffer.of(1));
  });

  it("renew their leases while all other connections wait for a lock", async () => {
    const server = await rig.open(place);
    const [busy, held] = [await storeSession(server), await storeSession(server)];
    const claim = await server.leases.seize("worker", held.id, 60_000);
    const trial = { sha256: "a", cardSha256: "b", processor: "cpu", engine: "engine" };
    await server.trials.claim(trial, "worker", 50_000);
    const { database, close } = await openRemoteDatabase(place.databaseUrl);
    let waiting: Promise<unknown>[] = [];
    await database.transaction(async (transaction) => {
      await transaction.execute(sql`select id from sessions where id = ${busy.id} for update`);
      waiting = Array.from({ length: 12 }, () => server.sessions.update(busy.id, { title: "busy" }));
      const blocked = sql`pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      await until(async () => {
        await transaction.execute(sql`select pg_stat_clear_snapshot()`);
        return (await transaction.$count(blocked)) >= 10;
      });
      expect(await server.leases.renew([claim!], 60_000)).toEqual([{ ...claim, isRenewed: true }]);
      await server.trials.renew(trial, "worker", 50_000);
    });
    await Promise.all(waiting);
    await close();
    await server.close();
  });

  it("share a checkpoint that is being deleted: the branch does not get one without bytes", async () => {
    const [a] = both();
    const [parent, branch] = [randomUUID(), randomUUID()];
    await a.checkpoints.put(parent, 1, Uint8Array.of(1));
    const { database, close } = await openRemoteDatabase(place.databaseUrl);
    let sharing: Promise<void> | undefined;
    await database.transaction(async (transaction) => {
      await transaction.execute(sql`delete from checkpoints where session_id = ${parent}`);
      let isShared = false;
      sharing = a.checkpoints.share(parent, branch, 1).then(() => {
        isShared = true;
      });
      const waiting = sql`pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      await until(async () => isShared || (await database.$count(waiting)) > 0);
      expect(isShared).toBe(false);
    });
    await sharing;
    expect(await database.$count(checkpoints, eq(checkpoints.sessionId, branch))).toBe(0);
    await close();
  });

  describe("with one picture", () => {
    /** A server whose deletions of objects wait until `proceed` is called. */
    async function withSlowDeletions(graceMs: number) {
      const { database, close } = await openRemoteDatabase(place.databaseUrl);
      const folder = await openFolderObjects(place.folder);
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
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
