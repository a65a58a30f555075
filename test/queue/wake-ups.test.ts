import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openWakeUps, type WakeUps } from "../../server/queue/wake-ups.js";
import { hasRedis, RedisServer } from "../helpers/redis-server.js";
import { until } from "../helpers/until.js";

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
    const wakeUps = openWakeUps(redis.url, (error) => {
      throw error;
    });
    opened.push(wakeUps);
    return wakeUps;
  }

  it("delivers one that is sent while another is being delivered", async () => {
    const [server, host] = [open(), open()];
    let woken = 0;
    // What is sent now may be about a session that a look just before did not see.
    host.listen(() => {
      woken++;
      if (woken <= 20) server.send();
      return true;
    });
    await until(() => {
      if (woken === 0) server.send();
      return woken > 0;
    });
    await until(() => woken > 20);
    expect(woken).toBe(21);
  });

  it("passes one on to a process that can use it", async () => {
    const [server, busy, free] = [open(), open(), open()];
    busy.listen(() => false);
    let woken = 0;
    free.listen(() => {
      woken++;
      return true;
    });
    await until(() => {
      server.send();
      return woken > 0;
    });
  });

  it("delivers one at once while another one waits for somebody who is free", async () => {
    const [server, host] = [open(), open()];
    let calls = 0;
    host.listen(() => {
      calls++;
      return calls > 3;
    });
    server.send();
    await until(() => calls > 3);
  });
});
