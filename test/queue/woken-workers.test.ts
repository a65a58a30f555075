import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openRemoteQueue, type RemoteQueueParts } from "../../server/queue/remote.js";
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
/** A lease that outlasts a test, ms. One of more than a minute would count as given before the clock was set back. */
const LASTING_MS = 50_000;

describe.skipIf(postgresPrograms === null || !hasRedis())("workers that only look when they are woken", () => {
  let postgres: PostgresServer;
  let redis: RedisServer;
  let shared: Awaited<ReturnType<typeof openRemoteDatabase>>;
  let imageId: string;
  const opened: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), RedisServer.start()]);
    shared = await openRemoteDatabase(await postgres.newDatabase());
    imageId = (await sqlImages(shared.database).insert(anImage())).id;
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
    await shared.database.delete(sessions);
    await redis.command("FLUSHALL");
  });
  afterAll(async () => {
    await shared?.close();
    await Promise.all([postgres?.close(), redis?.close()]);
  });

  const forever = new AbortController().signal;
  const fail = (error: unknown): never => {
    throw error;
  };

  function openServer() {
    const server = openWakeUps(redis.url, { warn: () => undefined });
    opened.push(server);
    return server;
  }

  /** The queue of a worker that looks when it is woken, and how often it has looked. */
  function openWorker(workerId: string, changes: Partial<RemoteQueueParts> = {}) {
    const leases = sqlLeases(shared.database);
    const looks = { begun: 0, ended: 0 };
    const claim: typeof leases.claim = async (...wanted) => {
      looks.begun++;
      return leases.claim(...wanted).finally(() => looks.ended++);
    };
    const queue = openRemoteQueue({
      leases: { ...leases, claim },
      wakeUps: openWakeUps(redis.url, { warn: () => undefined }),
      workerId,
      capability: () => ({ models: null, maxSize: 2048 }),
      failed: fail,
      lookMs: NEVER_MS,
      leaseMs: LASTING_MS,
      ...changes,
    });
    opened.push(queue);
    return { queue, looks };
  }

  /** A worker that has claimed a painting. When its queue is closed, it has died: its lease lasts until it ends. */
  async function openHolder(paintingId: string, leaseMs: number) {
    const { queue } = openWorker("holder", { leaseMs });
    const claim = queue.claim(forever);
    await othersListen(redis, 1);
    await addPainting(paintingId, 512);
    const server = openServer();
    let claimed: string | null = null;
    void claim.then((entry) => {
      claimed = entry?.sessionId ?? "none";
    });
    await until(() => {
      server.send();
      return claimed !== null;
    });
    expect(claimed).toBe(paintingId);
    await until(async () => (await redis.command("ZCARD", `${wakeUpJobs.prefix}:${wakeUpJobs.name}:delayed`)) === 1);
    return queue;
  }

  async function addPainting(id: string, size: number): Promise<void> {
    const painting = aSession(imageId, { id, status: "QUEUED" });
    await sqlSessions(shared.database).insert({ ...painting, settings: { ...painting.settings, size } });
    await sqlLeases(shared.database).enter({ sessionId: id, ownerLimit: null });
  }

  it("are all woken until one has claimed what it alone can paint", async () => {
    const server = openServer();
    const small = ["one", "two", "three"].map((id) => openWorker(id, { capability: () => ({ models: null, maxSize: 512 }) }));
    const large = openWorker("large");
    const workers = [...small, large];
    for (const { queue } of small) void queue.claim(forever);
    let claim = large.queue.claim(forever);
    await othersListen(redis, workers.length);
    // Until wake-ups reach all of them: each looks by itself when it begins to claim, and when it has connected.
    await until(() => {
      server.send();
      return workers.every(({ looks }) => looks.begun > 2);
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
      claim = large.queue.claim(forever);
    }
  });

  /** Another worker, which wake-ups reach besides `others`, and what it claims. */
  async function openAnother(others = 0): Promise<{ claimed: Promise<string | undefined> }> {
    const claim = openWorker("another").queue.claim(forever);
    await othersListen(redis, others + 1);
    return { claimed: claim.then((entry) => entry?.sessionId) };
  }

  it("claim a session when the lease of a worker that died ends", async () => {
    const holder = await openHolder("left", 2000);
    const { claimed } = await openAnother(1);
    await holder.close();
    expect(await claimed).toBe("left");
  });

  it("claim such a session also when Redis has lost the wake-up", async () => {
    const holder = await openHolder("left", 4000);
    const { claimed } = await openAnother(1);
    await holder.close();
    await redis.stop();
    await redis.start();
    expect(await claimed).toBe("left");
  });

  it("claim a session that was added while Redis was away", async () => {
    const server = openServer();
    const { claimed } = await openAnother();
    await redis.stop();
    await addPainting("added", 512);
    server.send();
    await redis.start();
    expect(await claimed).toBe("added");
  });
});
