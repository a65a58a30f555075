import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openRemoteQueue } from "../../server/queue/remote.js";
import { openWakeUps, wakeUpJobs } from "../../server/queue/wake-ups.js";
import { openRemoteDatabase } from "../../server/storage/remote/database.js";
import { sqlImages } from "../../server/storage/sql/images.js";
import { sqlLeases } from "../../server/storage/sql/leases.js";
import { sessions } from "../../server/storage/sql/schema.js";
import { sqlSessions } from "../../server/storage/sql/sessions.js";
import { anImage, aSession } from "../contracts/records.js";
import { noPostgres, type PostgresServer, postgresPrograms, startPostgres } from "../helpers/postgres-server.js";
import { hasRedis, RedisServer } from "../helpers/redis-server.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";
import { noWakeUpsLeft, othersListen } from "../helpers/wake-up-jobs.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

/** A time between two looks in which no test ends, ms: what is found is found by a wake-up. */
const NEVER_MS = 3_600_000;

describe.skipIf(postgresPrograms === null || !hasRedis())("workers that only look when they are woken", () => {
  let postgres: PostgresServer;
  let redis: RedisServer;
  let shared: Awaited<ReturnType<typeof openRemoteDatabase>>;
  let imageId: string;
  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), RedisServer.start()]);
    shared = await openRemoteDatabase(await postgres.newDatabase());
    imageId = (await sqlImages(shared.database).insert(anImage())).id;
  });
  afterEach(() => shared.database.delete(sessions));
  afterAll(async () => {
    await shared?.close();
    await Promise.all([postgres?.close(), redis?.close()]);
  });

  const fail = (error: unknown): never => {
    throw error;
  };

  /** The queue of a worker that looks when it is woken, and how often it has looked. */
  function openWorker(
    workerId: string,
    { maxSize = 2048, leaseMs = NEVER_MS, wakeUps = openWakeUps(redis.url, { warn: () => undefined }) } = {},
  ) {
    const leases = sqlLeases(shared.database);
    const looks = { begun: 0, ended: 0 };
    const claim: typeof leases.claim = async (...wanted) => {
      looks.begun++;
      return leases.claim(...wanted).finally(() => looks.ended++);
    };
    const queue = openRemoteQueue({
      leases: { ...leases, claim },
      wakeUps,
      workerId,
      capability: () => ({ models: null, maxSize }),
      failed: fail,
      lookMs: NEVER_MS,
      leaseMs,
    });
    onTestFinished(() => queue.close());
    return { queue, looks };
  }

  /** A server that wakes workers. */
  function openServer() {
    const server = openWakeUps(redis.url, { warn: () => undefined });
    onTestFinished(() => server.close());
    return server;
  }

  /** The ids of wake-ups that Redis is to deliver later. */
  const dueLater = async () => (await redis.command("ZRANGE", `${wakeUpJobs.prefix}:${wakeUpJobs.name}:delayed`, "0", "-1")) as string[];

  /** A worker that has claimed a painting; it dies without ending its lease when its queue is closed. */
  async function openHolder(paintingId: string, leaseMs: number) {
    await addPainting(paintingId, 512);
    const { queue } = openWorker("holder", { leaseMs });
    expect((await queue.claim(new AbortController().signal))?.sessionId).toBe(paintingId);
    await until(async () => (await dueLater()).length > 0);
    return queue;
  }

  async function addPainting(id: string, size: number): Promise<void> {
    const painting = aSession(imageId, { id, status: "QUEUED" });
    await sqlSessions(shared.database).insert({ ...painting, settings: { ...painting.settings, size } });
    await sqlLeases(shared.database).enter({ sessionId: id, ownerLimit: null });
  }

  it("are all woken until one has claimed what it alone can paint", async () => {
    const server = openServer();
    const small = ["one", "two", "three"].map((id) => openWorker(id, { maxSize: 512 }));
    const large = openWorker("large");
    const workers = [...small, large];
    const leaving = new AbortController();
    onTestFinished(() => leaving.abort());
    for (const { queue } of small) void queue.claim(leaving.signal);
    let claim = large.queue.claim(leaving.signal);
    await othersListen(redis, workers.length);
    // Until wake-ups reach all of them: each looks once when it begins to claim.
    await until(() => {
      server.send();
      return workers.every(({ looks }) => looks.begun > 1);
    });
    const quiet = async () => {
      await noWakeUpsLeft(redis.url);
      await until(() => workers.every(({ looks }) => looks.begun === looks.ended));
    };
    const looksOfSmall = () => small.reduce((sum, { looks }) => sum + looks.begun, 0);
    // Which of them a wake-up reaches is BullMQ's choice.
    for (let round = 0, viaSmall = 0; viaSmall < 3; round++) {
      await quiet();
      // One that is of no use to anybody, so that the next one reaches another.
      if (round % 2 === 1) server.send();
      await quiet();
      const before = looksOfSmall();
      await addPainting(`painting${round}`, 1024);
      server.send();
      expect((await claim)?.sessionId).toBe(`painting${round}`);
      if (looksOfSmall() > before) viaSmall++;
      claim = large.queue.claim(leaving.signal);
    }
  });

  describe("claim", () => {
    /** Another worker, which wake-ups reach besides `others`, and what it claims. */
    async function openAnother(others = 0): Promise<{ claimed: Promise<string | undefined> }> {
      const leaving = new AbortController();
      onTestFinished(() => leaving.abort());
      const claim = openWorker("another").queue.claim(leaving.signal);
      await othersListen(redis, others + 1);
      return { claimed: claim.then((entry) => entry?.sessionId) };
    }

    it("a session when the lease of a worker that died ends, however often it was renewed before", async () => {
      const holder = await openHolder("left", 400);
      for (let times = 0; times < 2; times++) {
        const before = await dueLater();
        await until(async () => (await dueLater()).some((id) => !before.includes(id)));
      }
      await holder.close();
      expect(await (await openAnother()).claimed).toBe("left");
    });

    it("it also when Redis has lost what it was to deliver then", async () => {
      const holder = await openHolder("left", 3000);
      const { claimed } = await openAnother(1);
      await redis.stop();
      await redis.start();
      await holder.close();
      expect(await claimed).toBe("left");
    });

    it("what was added while Redis was away", async () => {
      const server = openServer();
      const { claimed } = await openAnother();
      await redis.stop();
      await addPainting("added", 512);
      server.send();
      await redis.start();
      expect(await claimed).toBe("added");
    });
  });
});
