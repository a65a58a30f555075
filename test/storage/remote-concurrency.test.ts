import { randomBytes, randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { describe, expect, it, onTestFinished } from "vitest";
import type { StyleTransferRecord } from "../../server/records/session.js";
import type { OpenLinks } from "../../server/storage/access.js";
import { openRemoteDatabase } from "../../server/storage/remote/database.js";
import { checkpoints } from "../../server/storage/sql/schema.js";
import type { OpenSessions } from "../../server/storage/storage.js";
import { aLink } from "../contracts/access.js";
import { aFrame, anImage, aSession, storeSession } from "../contracts/records.js";
import { eventually } from "../helpers/eventually.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { TwoServers } from "../helpers/remote-storage.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

const ROUNDS = 15;

describe.skipIf(postgresPrograms === null)("two servers at once", () => {
  const servers = new TwoServers();
  const { both } = servers;

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

  /** A link, and the ids of four visitors who opened it. */
  async function aClass() {
    const link = aLink();
    await both()[0].access.addLink(link, randomUUID());
    const visitors = Array.from({ length: 4 }, () => randomUUID());
    for (const visitor of visitors) await both()[0].access.admit(visitor, randomUUID(), link);
    return { link, visitors };
  }

  it("start at once: one of them lets the first admin in", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const now = new Date();
      const added = await Promise.all(both().map(({ access }) => access.addFirstAdmin(aLink({ role: "ADMIN" }), randomUUID(), now)));
      expect(added.sort()).toEqual([false, true]);
      const [admin] = await both()[0].access.links({ first: 1, skip: 0 }, { kind: "ACCESS", openAt: now });
      await both()[0].access.revokeLink(admin!.id, now);
    }
  });

  it("start and resume sessions of visitors of one link: together they pass no limit of it", async () => {
    const image = await both()[0].images.insert(anImage());
    for (let round = 0; round < ROUNDS; round++) {
      const { link, visitors } = await aClass();
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

  it("make links of visitors of one link, and start sessions that are kept: together they pass no limit of either", async () => {
    const image = await both()[0].images.insert(anImage());
    for (let round = 0; round < ROUNDS; round++) {
      const { link, visitors } = await aClass();
      const requireTwo = (count: number) => {
        if (count >= 2) throw new Error("There is no place.");
      };
      const forLink = { linkId: link.id, require: ({ ofLink }: OpenLinks) => requireTwo(ofLink) };
      const forSession = { linkId: link.id, require: ({ keptOfLink }: OpenSessions) => requireTwo(keptOfLink) };
      const ended = (ownerId: string) => aSession(image.id, { ownerId, status: "COMPLETED" });
      const results = await Promise.allSettled(
        both().flatMap(({ access, sessions }) => [
          ...visitors.map((ownerId) => access.addLink(aLink({ ownerId }), randomUUID(), forLink)),
          ...visitors.map((ownerId) => sessions.insert(ended(ownerId), [], forSession)),
        ]),
      );
      const reasons = results.flatMap((result) => (result.status === "rejected" ? [(result.reason as Error).message] : []));
      expect(new Set(reasons)).toEqual(new Set(["There is no place."]));
      const links = visitors.map(async (ownerId) => (await both()[1].access.links({ first: 10, skip: 0 }, { ownerId })).length);
      const kept = visitors.map((ownerId) => both()[1].sessions.count({ ownerId }));
      for (const counts of [links, kept]) expect((await Promise.all(counts)).reduce((sum, count) => sum + count)).toBe(2);
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
    const sweeper = await servers.rig.open(servers.place, { sweepMs: 5 });
    onTestFinished(() => sweeper.close());
    await eventually(() => expect(a.blobs.get(last)).rejects.toMatchObject({ code: "NOT_FOUND" }));
    for (const branch of branches) expect((await b.checkpoints.get(branch, 1))?.bytes).toEqual(Buffer.of(1));
  });

  it("renew their leases while all other connections wait for a lock", async () => {
    const server = await servers.rig.open(servers.place);
    const [busy, held] = [await storeSession(server), await storeSession(server)];
    const claim = await server.leases.seize("worker", held.id, 60_000);
    const trial = { sha256: "a", cardSha256: "b", device: "cpu", engine: "engine" };
    await server.trials.claim(trial, "worker", 50_000);
    const { database, close } = await openRemoteDatabase(servers.place.databaseUrl);
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
    const { database, close } = await openRemoteDatabase(servers.place.databaseUrl);
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
});
