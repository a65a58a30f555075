import { describe, expect, onTestFinished, test } from "vitest";
import { openWakeUps } from "../../server/queue/wake-ups.js";
import { openRedis } from "../../server/redis/connection.js";
import { hasRedis, RedisServer } from "../helpers/redis-server.js";
import { until } from "../helpers/until.js";

async function started(): Promise<RedisServer> {
  const server = await RedisServer.start();
  onTestFinished(() => server.close());
  return server;
}

describe.skipIf(!hasRedis())("a connection to a Redis that goes away and comes back", () => {
  test("says so once each time, answers with nothing meanwhile, and goes on by itself", async () => {
    const server = await started();
    const reasons: string[] = [];
    const { redis, ask, close } = openRedis(server.url, (reason) => reasons.push(reason));
    onTestFinished(close);
    const answers = () => ask(() => redis.ping(), null);
    let attempts = 0;
    redis.on("error", () => attempts++);
    for (let time = 1; time <= 2; time++) {
      await until(async () => (await answers()) === "PONG");
      reasons.length = 0;
      await server.stop();
      const before = attempts;
      await until(() => attempts > before + 2);
      expect(await answers()).toBeNull();
      expect(reasons).toHaveLength(1);
      await server.start();
    }
  });

  test("delivers wake-ups again, after one warning about those that were lost", async () => {
    const server = await started();
    const warnings: string[] = [];
    const wakeUps = openWakeUps(server.url, { warn: (message) => warnings.push(message) });
    onTestFinished(() => wakeUps.close());
    let woken = 0;
    wakeUps.listen({
      async look() {
        woken++;
        return true;
      },
      leavesSome: async () => false,
    });
    const delivers = async () => {
      const before = woken;
      await until(() => {
        wakeUps.send();
        return woken > before;
      });
    };
    await delivers();
    warnings.length = 0;
    await server.stop();
    await until(() => {
      wakeUps.send();
      return warnings.length > 0;
    });
    await server.start();
    await delivers();
    expect(warnings.filter((message) => message.startsWith("Redis cannot be reached"))).toHaveLength(1);
  });
});
