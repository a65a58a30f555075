import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openEmbeddedReservations } from "../../server/streams/embedded.js";
import { openRemoteReservations, type RemoteReservations } from "../../server/streams/remote.js";
import { reservationsContract } from "../contracts/reservations.js";
import { hasRedis, RedisServer } from "../helpers/redis-server.js";
import { until } from "../helpers/until.js";

const ofProcess = openEmbeddedReservations();
reservationsContract("Reservations within a process", async () => ofProcess);

describe.skipIf(!hasRedis())("with a real Redis", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.close());

  /** Resolves when Redis is reached. */
  async function opened(warn: (message: string) => void = () => undefined): Promise<RemoteReservations> {
    const reservations = openRemoteReservations(redis.url, { warn });
    await until(async () => (await reservations.take("none", "nobody")) === false);
    return reservations;
  }

  reservationsContract("Reservations in Redis", () => opened());

  test("say that Redis is away, once, and go on when it is back", async () => {
    const warnings: string[] = [];
    const reservations = await opened((message) => warnings.push(message));
    onTestFinished(() => reservations.close());
    warnings.splice(0);
    await redis.stop();
    await until(async () => (await reservations.take("a", "holder")) === null);
    await reservations.put("a", "holder", 60_000);
    expect(warnings).toHaveLength(1);
    await redis.start();
    await until(async () => {
      await reservations.put("b", "holder", 60_000);
      return (await reservations.take("b", "holder")) === true;
    });
  });
});
