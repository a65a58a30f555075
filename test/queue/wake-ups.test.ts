import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openWakeUps, type WakeUps } from "../../server/queue/wake-ups.js";
import { hasRedis, RedisServer } from "../helpers/redis-server.js";
import { until } from "../helpers/until.js";
import { noWakeUpsLeft, othersListen } from "../helpers/wake-up-jobs.js";

describe.skipIf(!hasRedis())("wake-ups over Redis", () => {
  let redis: RedisServer;
  const opened: WakeUps[] = [];
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((wakeUps) => wakeUps.close()));
  });
  afterAll(() => redis?.close());

  function open(): WakeUps {
    const wakeUps = openWakeUps(redis.url, { warn: () => undefined });
    opened.push(wakeUps);
    return wakeUps;
  }

  /** One that listens, and how often it was woken; `look` finds something or does not, and always leaves some. */
  function openListener(look: () => Promise<boolean>) {
    const woken = { times: 0 };
    open().listen({
      look() {
        woken.times++;
        return look();
      },
      leavesSome: async () => true,
    });
    return woken;
  }

  /** One that is sent before there is a connection is lost. */
  const first = (server: WakeUps, isWoken: () => boolean) =>
    until(() => {
      if (!isWoken()) server.send();
      return isWoken();
    });

  it("delivers one that is sent while another is being delivered", async () => {
    const server = open();
    // What is sent now may be about a session that a look just before did not see.
    const host = openListener(async () => {
      if (host.times <= 20) server.send();
      return true;
    });
    await first(server, () => host.times > 0);
    await until(() => host.times > 20);
  });

  it("passes one on that takes long to find out that it is of no use, and delivers others meanwhile", async () => {
    const server = open();
    let settle: ((isUsed: boolean) => void) | null = null;
    openListener(async () => {
      if (settle) return true;
      return new Promise((resolve) => {
        settle = resolve;
      });
    });
    await first(server, () => settle !== null);
    const free = openListener(async () => true);
    await othersListen(redis, 2);
    await first(server, () => free.times > 0);
    await noWakeUpsLeft(redis.url);
    const before = free.times;
    settle!(false);
    await until(() => free.times > before);
  });

  it("wakes all others once with one that was of no use, also when it is of none to them", async () => {
    const server = open();
    const listeners = [1, 2, 3].map(() => openListener(async () => false));
    const times = () => listeners.map((woken) => woken.times);
    await othersListen(redis, 3);
    await first(server, () => times().every((count) => count > 0));
    for (let sent = 0; sent < 5; sent++) {
      await noWakeUpsLeft(redis.url);
      const before = times();
      server.send();
      await until(() => times().every((count, index) => count > before[index]!));
      await noWakeUpsLeft(redis.url);
      expect(times()).toEqual(before.map((count) => count + 1));
    }
  });

  it("wakes nobody else with one that leaves nothing to claim", async () => {
    const server = open();
    const other = openListener(async () => true);
    await othersListen(redis, 1);
    await first(server, () => other.times > 0);
    await noWakeUpsLeft(redis.url);
    const wakeUps = open();
    let asked = 0;
    const before = other.times;
    wakeUps.listen({
      look: async () => false,
      async leavesSome() {
        asked++;
        return false;
      },
    });
    await othersListen(redis, 2);
    let sent = 0;
    // Each reaches one of both.
    await until(async () => {
      server.send();
      sent++;
      await noWakeUpsLeft(redis.url);
      return asked > 0;
    });
    expect(asked + other.times - before).toBe(sent);
  });
});
