import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openRemoteQueue } from "../../server/queue/remote.js";
import { openWakeUps } from "../../server/queue/wake-ups.js";
import { openRemoteDatabase } from "../../server/storage/remote/database.js";
import { sqlImages } from "../../server/storage/sql/images.js";
import { sqlLeases } from "../../server/storage/sql/leases.js";
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

describe.skipIf(postgresPrograms === null || !hasRedis())("workers of different abilities, with PostgreSQL and Redis", () => {
  let postgres: PostgresServer;
  let redis: RedisServer;
  let shared: Awaited<ReturnType<typeof openRemoteDatabase>>;
  let imageId: string;
  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), RedisServer.start()]);
    shared = await openRemoteDatabase(await postgres.newDatabase());
    imageId = (await sqlImages(shared.database).insert(anImage())).id;
  });
  afterAll(async () => {
    await shared?.close();
    await Promise.all([postgres?.close(), redis?.close()]);
  });

  const fail = (error: unknown): never => {
    throw error;
  };

  /** The queue of a worker that looks when it is woken, and how often it has looked. */
  function openWorker(workerId: string, maxSize: number) {
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
      capability: () => ({ models: null, maxSize }),
      failed: fail,
      lookMs: NEVER_MS,
    });
    onTestFinished(() => queue.close());
    return { queue, looks };
  }

  async function addPainting(id: string, size: number): Promise<void> {
    const painting = aSession(imageId, { id, status: "QUEUED" });
    await sqlSessions(shared.database).insert({ ...painting, settings: { ...painting.settings, size } });
    await sqlLeases(shared.database).enter({ sessionId: id, ownerLimit: null });
  }

  it("gives a session to the one that it fits, whichever the wake-up reaches first", async () => {
    const server = openWakeUps(redis.url, { warn: () => undefined });
    onTestFinished(() => server.close());
    const small = ["one", "two", "three"].map((id) => openWorker(id, 512));
    const large = openWorker("large", 2048);
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
});
