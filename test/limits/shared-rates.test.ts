import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Allowances } from "../../server/limits/allowances.js";
import { openSharedRates, type SharedRates } from "../../server/limits/shared-rates.js";
import { limitValues } from "../../server/limits/table.js";
import { redisOfBlock } from "../helpers/redis-of-block.js";
import { hasRedis } from "../helpers/redis-server.js";
import { until } from "../helpers/until.js";

const ann = { role: "ARTIST", ownerId: "ann" };

describe.skipIf(!hasRedis())("rates over several servers", () => {
  const redis = redisOfBlock();
  const shared: SharedRates[] = [];
  const warnings: string[] = [];
  beforeEach(() => {
    warnings.length = 0;
  });
  afterEach(() => {
    for (const rates of shared.splice(0)) rates.close();
  });

  function sharedRates(): SharedRates {
    const rates = openSharedRates(redis().url, { warn: (message) => warnings.push(message) });
    shared.push(rates);
    return rates;
  }

  const server = () => new Allowances(limitValues({ uploadsPerMinute: 4 }), sharedRates().open);
  /** Waits until both servers count in Redis: a second server then counts on from the first. */
  const connected = () => {
    const [one, two] = shared.map(({ open }) => open({ keyPrefix: "probe", points: 2, duration: 3600 }));
    let attempts = 0;
    return until(async () => {
      const key = String(attempts++);
      await one!.consume(key);
      return (await two!.consume(key)).consumedPoints === 2;
    });
  };

  it("are counted by each server alone while Redis hangs, and together again when it goes on", async () => {
    const [one, two] = [sharedRates(), sharedRates()].map(({ open }) => open({ keyPrefix: "hang", points: 4, duration: 3600 }));
    await connected();
    await one!.consume("ann", 2);
    await two!.consume("ann", 2);
    redis().hang(true);
    await until(() => warnings.length === 2);
    for (const warning of warnings) expect(warning).toMatch(/^Redis cannot be reached \(.+\); each server counts rates for itself/);
    for (const own of [one!, two!]) {
      for (let count = 0; count < 4; count++) await own.consume("ann");
      await expect(own.consume("ann")).rejects.toMatchObject({ remainingPoints: 0 });
    }
    redis().hang(false);
    await until(() => warnings.length === 4);
    expect(warnings.slice(2)).toEqual(Array(2).fill("Redis is back; servers count rates together again."));
    await one!.consume("bob", 3);
    await expect(two!.consume("bob", 2)).rejects.toMatchObject({ remainingPoints: 0 });
  });

  it("are counted together, and by each server alone while Redis is away", async () => {
    const [one, two] = [server(), server()];
    await connected();
    for (let count = 0; count < 2; count++) {
      await one.spend("uploadsPerMinute", ann, null);
      await two.spend("uploadsPerMinute", ann, null);
    }
    await expect(one.spend("uploadsPerMinute", ann, null)).rejects.toMatchObject({ code: "LIMIT" });
    await expect(two.spend("uploadsPerMinute", ann, null)).rejects.toMatchObject({ code: "LIMIT" });
    await redis().stop();
    await until(() => warnings.length === 2);
    for (let count = 0; count < 4; count++) await two.spend("uploadsPerMinute", ann, null);
    await expect(two.spend("uploadsPerMinute", ann, null)).rejects.toMatchObject({ code: "LIMIT" });
  });
});
