import { afterAll, beforeAll, beforeEach } from "vitest";
import { RedisServer } from "./redis-server.js";

/** A Redis during the tests of a block, which is running and empty when each of them begins. */
export function redisOfBlock(): () => RedisServer {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  beforeEach(async () => {
    // Wakes it if a test failed while it hung, and empties it.
    await redis.stop();
    await redis.start();
  });
  afterAll(() => redis?.close());
  return () => redis;
}
