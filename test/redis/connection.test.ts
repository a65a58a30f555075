import { describe, expect, onTestFinished, test } from "vitest";
import { connectRedis, type OutageOptions, openRedis } from "../../server/redis/connection.js";
import { hasRedis, RedisServer } from "../helpers/redis-server.js";
import { until } from "../helpers/until.js";

async function started(): Promise<RedisServer> {
  const server = await RedisServer.start();
  onTestFinished(() => server.close());
  return server;
}

/** What an operator is told, and the options with which a connection tells it. */
function operator(): { told: string[]; options: OutageOptions } {
  const told: string[] = [];
  return { told, options: { warn: (message) => told.push(message), meanwhile: "nothing is kept meanwhile", again: "all is kept" } };
}

const AWAY = /^Redis cannot be reached \(.+\); nothing is kept meanwhile\.$/;
const BACK = "Redis is back; all is kept.";

describe.skipIf(!hasRedis())("a connection to a Redis that goes away and comes back", () => {
  test("says so once each time, answers with nothing meanwhile, and goes on by itself", async () => {
    const server = await started();
    const { told, options } = operator();
    const { redis, ask, close } = openRedis(server.url, options);
    onTestFinished(close);
    const answers = () => ask(() => redis.ping(), null);
    let attempts = 0;
    redis.on("error", () => attempts++);
    await until(async () => (await answers()) === "PONG");
    told.length = 0;
    for (let time = 1; time <= 2; time++) {
      await server.stop();
      const before = attempts;
      await until(() => attempts > before + 2);
      expect(await answers()).toBeNull();
      expect(told.splice(0)).toEqual([expect.stringMatching(AWAY)]);
      await server.start();
      await until(async () => (await answers()) === "PONG");
      expect(told.splice(0)).toEqual([BACK]);
    }
  });

  test("notices one that hangs without being asked anything, and is made anew until it answers", async () => {
    const server = await started();
    const lost: unknown[] = [];
    let answered = 0;
    const observer = { lost: (error: unknown) => lost.push(error), answered: () => answered++ };
    const redis = connectRedis(server.url, observer, { silenceMs: 100 });
    onTestFinished(() => redis.disconnect());
    await until(() => redis.status === "ready");
    const listeners = () => redis.eventNames().reduce((sum, name) => sum + redis.listenerCount(name), 0);
    const before = listeners();
    server.hang(true);
    // It accepts connections meanwhile, some of which are given up.
    await until(() => lost.length > 24);
    expect(String(lost[0])).toMatch(/it did not answer for 0\.1 s/);
    // A promise for each attempt would leave its listeners behind.
    expect(listeners()).toBeLessThan(before + 10);
    answered = 0;
    server.hang(false);
    await until(() => answered > 0);
    await until(async () => redis.status === "ready" && (await redis.ping()) === "PONG");
  });

  test("keeps a connection on which Redis blocks a duplicate's command for longer than it may be silent", async () => {
    const server = await started();
    const observer = { lost: () => undefined, answered: () => undefined };
    const redis = connectRedis(server.url, observer, { silenceMs: 1000 });
    const waiting = redis.duplicate();
    onTestFinished(() => {
      redis.disconnect();
      waiting.disconnect();
    });
    await until(() => waiting.status === "ready");
    let closed = 0;
    waiting.on("close", () => closed++);
    expect(await waiting.blpop("nothing", 3)).toBeNull();
    expect(closed).toBe(0);
  });

  test("is not away when it refuses a command, which is said once", async () => {
    const server = await started();
    const { told, options } = operator();
    const { redis, ask, close } = openRedis(server.url, options);
    onTestFinished(close);
    await until(async () => (await ask(() => redis.set("text", "a"), null)) === "OK");
    for (let time = 1; time <= 2; time++) expect(await ask(() => redis.incr("text"), null)).toBeNull();
    await until(async () => (await ask(() => redis.get("text"), null)) === "a");
    expect(told.filter((message) => !AWAY.test(message) && message !== BACK)).toEqual([
      expect.stringMatching(/^Redis refuses a command \(ERR .+\); nothing is kept meanwhile\.$/),
    ]);
  });
});
