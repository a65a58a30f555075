import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openRemoteQueue, type RemoteQueueParts } from "../../server/queue/remote.js";
import type { WakeUpListener } from "../../server/queue/wake-ups.js";
import { openRemoteDatabase } from "../../server/storage/remote/database.js";
import { sqlFrames } from "../../server/storage/sql/frames.js";
import { sqlImages } from "../../server/storage/sql/images.js";
import { sqlLeases } from "../../server/storage/sql/leases.js";
import { links, sessions, visitors } from "../../server/storage/sql/schema.js";
import { sqlSessions } from "../../server/storage/sql/sessions.js";
import { aLink } from "../contracts/access.js";
import { queueContract } from "../contracts/queue.js";
import { aFrame, anImage, aSession, aTranslation } from "../contracts/records.js";
import { noPostgres, type PostgresServer, postgresPrograms, startPostgres } from "../helpers/postgres-server.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

/** Wake-ups that are lost: the queue must find everything without them. */
const lostWakeUps = { send: () => undefined, sendDelayed: () => undefined, listen: () => undefined, close: async () => undefined };
const forever = new AbortController().signal;

describe.skipIf(postgresPrograms === null)("with PostgreSQL", () => {
  let postgres: PostgresServer;
  let shared: Awaited<ReturnType<typeof openRemoteDatabase>>;
  let imageId: string;
  beforeAll(async () => {
    postgres = await startPostgres();
    shared = await openRemoteDatabase(await postgres.newDatabase());
    imageId = (await sqlImages(shared.database).insert(anImage())).id;
  });
  afterAll(async () => {
    await shared?.close();
    await postgres?.close();
  });

  const open = (workerId: string, changes: Partial<RemoteQueueParts> = {}) =>
    openRemoteQueue({
      leases: sqlLeases(shared.database),
      wakeUps: lostWakeUps,
      workerId,
      capability: () => ({ models: null, maxSize: 2048 }),
      failed: (error) => {
        throw error;
      },
      lookMs: 20,
      ...changes,
    });
  const empty = () => shared.database.delete(sessions);
  const storeVisitor = async (id: string, linkId: string) => {
    const link = { ...aLink({ id: linkId }), secretHash: linkId };
    await shared.database.insert(links).values(link).onConflictDoNothing();
    await shared.database.insert(visitors).values({ id, linkId, createdAt: new Date() }).onConflictDoNothing();
  };

  queueContract("The remote queue", async () => {
    const { database } = shared;
    const records = sqlSessions(database);
    await empty();
    const queue = open("one");
    return {
      queue,
      async store({ sessionId: id, ownerId, kind, interrupted, linkId }) {
        if (linkId !== null) await storeVisitor(ownerId, linkId);
        const status = interrupted ? "RUNNING" : "QUEUED";
        // Later than the claim before, by the clock of the database and to the millisecond.
        const queuedAt = new Date(Date.now() + 2);
        if (await records.update(id, { status, queuedAt })) return;
        const changes = { id, ownerId, status, queuedAt } as const;
        await records.insert(kind === "LIVE" ? aTranslation(imageId, { ...changes, sourceId: null }) : aSession(imageId, changes));
      },
      end: async (id) => void (await records.update(id, { status: "COMPLETED" })),
      close: () => queue.close(),
    };
  });

  describe("between workers", () => {
    /** Adds a session that has waited for so long that it can be claimed although no server has entered it. */
    const add = async (id: string, settings: Partial<ReturnType<typeof aSession>["settings"]> = {}) => {
      const session = aSession(imageId, { id, status: "QUEUED", queuedAt: new Date(Date.now() - 60_000) });
      await sqlSessions(shared.database).insert({ ...session, settings: { ...session.settings, ...settings } });
    };

    it("gives each session to one worker", async () => {
      await empty();
      const ids = Array.from({ length: 40 }, (_, index) => `s${index}`);
      for (const id of ids) await add(id);
      const queues = ["one", "two", "three", "four"].map((id) => open(id));
      const claimed = await Promise.all(
        queues.map(async (queue) => {
          const own: string[] = [];
          while (own.length < 10) own.push((await queue.claim(forever))?.sessionId ?? "none");
          return own;
        }),
      );
      expect(claimed.flat().sort()).toEqual(ids.sort());
      await Promise.all(queues.map((queue) => queue.close()));
    });

    it("takes a session from a worker that renews no more, under a higher number", async () => {
      await empty();
      await add("a");
      const [dead, living] = [open("dead", { leaseMs: 100 }), open("living")];
      const first = await dead.claim(forever);
      expect(first?.lost.aborted).toBe(false);
      await dead.close();
      const second = await living.claim(forever);
      expect(second).toMatchObject({ sessionId: "a", fence: first!.fence + 1 });
      await living.close();
    });

    it("goes on first with a painting that was suspended, but not with one that a client paused and resumed", async () => {
      await empty();
      const records = sqlSessions(shared.database);
      const queue = open("one");
      for (const id of ["resumed", "suspended"]) {
        await add(id);
        expect((await queue.claim(forever))?.sessionId).toBe(id);
        await records.update(id, { status: "RUNNING", startedAt: new Date() });
        await records.update(id, { status: "PAUSED", error: id === "suspended" ? { code: "UNAVAILABLE", message: "full" } : null });
        await queue.release(id);
      }
      await add("waiting");
      await records.resume("resumed", undefined);
      await records.resume("suspended", undefined, true);
      const entry = { ownerId: "local", kind: "PAINTED", linkId: null } as const;
      await queue.add({ ...entry, sessionId: "resumed", ownerLimit: null });
      // Its owner has no place for another one.
      await queue.add({ ...entry, sessionId: "suspended", ownerLimit: 0, interrupted: true });
      expect(await queue.list()).toEqual(["suspended", "waiting", "resumed"]);
      for (const id of ["suspended", "waiting", "resumed"]) expect((await queue.claim(forever))?.sessionId).toBe(id);
      await queue.close();
    });

    it("is given no session to end that another worker holds", async () => {
      await empty();
      await add("a");
      const [worker, server] = [open("worker"), open("server")];
      const claim = await worker.claim(forever);
      expect(await server.seize("a")).toBeNull();
      expect(claim!.lost.aborted).toBe(false);
      await worker.release("a");
      expect(await server.seize("a")).toMatchObject({ sessionId: "a", fence: claim!.fence + 1 });
      await Promise.all([worker.close(), server.close()]);
    });

    it("takes a session whose lease was given before the clock of the database was set back an hour", async () => {
      await empty();
      await add("a");
      const [dead, living] = [open("dead"), open("living")];
      await dead.add({ sessionId: "a", ownerId: "local", kind: "PAINTED", ownerLimit: null, linkId: null });
      const first = await dead.claim(forever);
      await dead.close();
      await shared.database.update(sessions).set({ leaseUntil: new Date(Date.now() + 3_600_000) });
      expect(await living.list()).toEqual(["a"]);
      expect(await living.claim(forever)).toMatchObject({ sessionId: "a", fence: first!.fence + 1 });
      await living.close();
    });

    it("tells a worker that its claim was lost", async () => {
      await empty();
      await add("a");
      const queue = open("one", { leaseMs: 400 });
      const claim = await queue.claim(forever);
      await shared.database.update(sessions).set({ fence: 99, workerId: "two" });
      await until(() => claim!.lost.aborted);
      // What it gives back is not its own any more.
      await queue.release("a");
      const [row] = await shared.database.select().from(sessions);
      expect(row).toMatchObject({ fence: 99, workerId: "two" });
      await queue.close();
    });

    it("loses a lease that it cannot renew, and claims no session that it has not let go of", async () => {
      await empty();
      await add("a");
      const leases = sqlLeases(shared.database);
      const renew = async () => Promise.reject(new Error("unreachable"));
      const queue = open("one", { leaseMs: 200, leases: { ...leases, renew }, failed: () => undefined });
      const claim = await queue.claim(forever);
      await until(() => claim!.lost.aborted);
      expect(await queue.claim(AbortSignal.timeout(500))).toBeNull();
      await queue.release("a");
      expect(await queue.claim(forever)).toMatchObject({ sessionId: "a", fence: claim!.fence + 1 });
      await queue.close();
    });

    it("counts the workers that died with a session since its last picture, and not those that handed it over", async () => {
      await empty();
      await add("a");
      const records = sqlSessions(shared.database);
      /** What a worker is told, which leaves the session in one of two ways. */
      const takeovers = async (leaving: "dies" | "hands over") => {
        const queue = open(randomUUID());
        const claim = await queue.claim(forever);
        await records.update("a", { status: "RUNNING" });
        if (leaving === "hands over") await queue.release("a");
        else await shared.database.update(sessions).set({ leaseUntil: sql`clock_timestamp() - interval '1 second'` });
        await queue.close();
        return claim?.takeovers;
      };
      expect([await takeovers("dies"), await takeovers("dies"), await takeovers("hands over"), await takeovers("dies")]).toEqual([
        0, 1, 2, 2,
      ]);
      await sqlFrames(shared.database).insert(aFrame("a", 0));
      expect(await takeovers("hands over")).toBe(1);
    });

    it("gives nobody a session that is not entered, unless its server has died meanwhile", async () => {
      await empty();
      const session = (id: string, queuedAt: Date) =>
        sqlSessions(shared.database).insert(aSession(imageId, { id, status: "QUEUED", queuedAt }));
      await session("left", new Date(Date.now() - 60_000));
      await session("new", new Date(Date.now() + 60_000));
      const queue = open("one");
      expect((await queue.claim(forever))?.sessionId).toBe("left");
      expect(await queue.claim(AbortSignal.timeout(300))).toBeNull();
      await queue.add({ sessionId: "new", ownerId: "local", kind: "PAINTED", ownerLimit: null, linkId: null });
      expect((await queue.claim(forever))?.sessionId).toBe("new");
      await queue.close();
    });

    it("keeps a lease that is renewed, however long", async () => {
      await empty();
      await add("a");
      const [holder, other] = [open("one", { leaseMs: 2000 }), open("two")];
      const claim = await holder.claim(forever);
      const [{ leaseUntil }] = (await shared.database.select().from(sessions)) as [typeof sessions.$inferSelect];
      const isRenewed = sql`${sessions.leaseUntil} > ${sql.param(leaseUntil, sessions.leaseUntil)}::timestamptz + interval '2 seconds'`;
      await until(async () => (await shared.database.$count(sessions, isRenewed)) === 1);
      expect(await other.claim(AbortSignal.timeout(100))).toBeNull();
      expect(claim!.lost.aborted).toBe(false);
      await Promise.all([holder.close(), other.close()]);
    });

    it("gives a worker only what it has the models and the memory for, and what it need only end", async () => {
      await empty();
      await add("large", { size: 1024 });
      await add("other", { model: "other" });
      await add("drafted", { model: "own", draft: true });
      await add("fits", { model: "own", size: 256 });
      expect((await sqlLeases(shared.database).wantedModels()).sort()).toEqual(["other", "own", "vgg19"]);
      const small = open("small", { capability: () => ({ models: ["own"], maxSize: 512 }) });
      expect((await small.claim(forever))?.sessionId).toBe("fits");
      await add("unwanted", { model: "other", size: 1024 });
      await sqlSessions(shared.database).update("unwanted", { status: "RUNNING", wish: "CANCELLED" });
      expect((await small.claim(forever))?.sessionId).toBe("unwanted");
      const any = open("any");
      expect((await any.claim(forever))?.sessionId).toBe("large");
      const drafting = open("drafting", { capability: () => ({ models: ["own", "vgg19-lite"], maxSize: 512 }) });
      expect((await drafting.claim(forever))?.sessionId).toBe("drafted");
      await Promise.all([small.close(), any.close(), drafting.close()]);
    });

    it("asks the database nothing for a wake-up that comes as it closes", async () => {
      await empty();
      await add("left", { model: "of no worker" });
      const listeners: WakeUpListener[] = [];
      const wakeUps = { ...lostWakeUps, listen: (one: WakeUpListener) => void listeners.push(one) };
      const closed = vi.fn(() => Promise.reject(new Error("The storage is closed.")));
      const leases = { ...sqlLeases(shared.database), claim: async () => null, hasClaimable: closed, untilNextDue: closed };
      const failed = vi.fn();
      const queue = open("closing", { wakeUps, leases, failed });
      const claim = queue.claim(forever);
      await queue.close();
      expect(await claim).toBeNull();
      expect(await listeners[0]?.look(false)).toBe(false);
      expect(await listeners[0]?.leavesSome()).toBe(false);
      expect(await listeners[0]?.untilNextDue()).toBeNull();
      expect(failed).not.toHaveBeenCalled();
    });

    it("knows whether a session is left that some worker may claim, however large, but not beyond the places of its owner", async () => {
      await empty();
      const leases = sqlLeases(shared.database);
      expect(await leases.hasClaimable()).toBe(false);
      for (const id of ["a", "b"]) {
        await add(id, { size: 8192, model: "of no worker" });
        await leases.enter({ sessionId: id, ownerLimit: 1 });
      }
      expect(await leases.hasClaimable()).toBe(true);
      const claim = await leases.claim("one", { kinds: ["PAINTED"], models: null, maxSize: 8192 }, 60_000);
      expect(await leases.hasClaimable()).toBe(false);
      await leases.release(claim!);
      expect(await leases.hasClaimable()).toBe(true);
    });

    it("knows when the next session is due: its lease ends, or its server has had its time to enter it", async () => {
      await empty();
      const leases = sqlLeases(shared.database);
      const expectDue = async (from: number, to: number) => {
        const due = await leases.untilNextDue();
        expect(due).toBeGreaterThan(from);
        expect(due).toBeLessThanOrEqual(to);
      };
      const addNow = (id: string) =>
        sqlSessions(shared.database).insert(aSession(imageId, { id, status: "QUEUED", queuedAt: new Date(Date.now() + 60_000) }));
      const claim = (leaseMs: number) => leases.claim("one", { kinds: ["PAINTED"], models: null, maxSize: 8192 }, leaseMs);
      expect(await leases.untilNextDue()).toBeNull();
      await addNow("a");
      await expectDue(5000, 65_000);
      await leases.enter({ sessionId: "a", ownerLimit: null });
      // It may be claimed already.
      expect(await leases.untilNextDue()).toBeNull();
      // Such a lease was given before the clock was set back, and does not hold.
      const early = await claim(3_600_000);
      expect(await leases.untilNextDue()).toBeNull();
      await leases.release(early!);
      await claim(50_000);
      await expectDue(30_000, 50_000);
      await add("b");
      await claim(20_000);
      await expectDue(0, 20_000);
      await empty();
      await add("c");
      await claim(1);
      await until(async () => (await leases.untilNextDue()) === null);
    });
  });
});
