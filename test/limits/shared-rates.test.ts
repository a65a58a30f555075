import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Allowances } from "../../server/limits/allowances.js";
import { openSharedRates, type SharedRates } from "../../server/limits/shared-rates.js";
import { limitValues } from "../../server/limits/table.js";
import { hasRedis, RedisServer } from "../helpers/redis-server.js";
import { until } from "../helpers/until.js";

const ann = { role: "ARTIST", ownerId: "ann" };

describe.skipIf(!hasRedis())("rates over several servers", () => {
  let redis: RedisServer;
  const shared: SharedRates[] = [];
  const warnings: string[] = [];
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(async () => {
    for (const rates of shared) rates.close();
    await redis.close();
  });

  function server(): Allowances {
    const rates = openSharedRates(redis.url, { warn: (message) => warnings.push(message) });
    shared.push(rates);
    return new Allowances(limitValues({ uploadsPerMinute: 4 }), rates.open);
  }

  it("are counted together, and by each server alone while Redis is away", async () => {
    const [one, two] = [server(), server()];
    // Counted in Redis once the connections are there.
    await until(async () => Number(await redis.command("CLIENT", "LIST").then((list) => String(list).split("\n").length)) > 3);
    for (let count = 0; count < 2; count++) {
      await one.spend("uploadsPerMinute", ann, null);
      await two.spend("uploadsPerMinute", ann, null);
    }
    await expect(one.spend("uploadsPerMinute", ann, null)).rejects.toMatchObject({ code: "LIMIT" });
    await expect(two.spend("uploadsPerMinute", ann, null)).rejects.toMatchObject({ code: "LIMIT" });
    await redis.stop();
    await until(() => warnings.length === 2);
    for (let count = 0; count < 4; count++) await two.spend("uploadsPerMinute", ann, null);
    await expect(two.spend("uploadsPerMinute", ann, null)).rejects.toMatchObject({ code: "LIMIT" });
  });
});
