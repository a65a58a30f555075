import { afterAll, afterEach, beforeAll, describe, it } from "vitest";
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
    const wakeUps = openWakeUps(redis.url, { warn: () => undefined });
    opened.push(wakeUps);
    return wakeUps;
  }

  /** One that is sent before there is a connection is lost. */
  const first = (server: WakeUps, isWoken: () => boolean) =>
    until(() => {
      if (!isWoken()) server.send();
      return isWoken();
    });

  it("delivers one that is sent while another is being delivered", async () => {
    const [server, host] = [open(), open()];
    let woken = 0;
    // What is sent now may be about a session that a look just before did not see.
    host.listen(() => {
      woken++;
      if (woken <= 20) server.send();
      return true;
    });
    await first(server, () => woken > 0);
    await until(() => woken > 20);
  });

  it("passes one on to a process that can use it", async () => {
    const [server, busy, free] = [open(), open(), open()];
    busy.listen(() => false);
    let woken = 0;
    free.listen(() => {
      woken++;
      return true;
    });
    await first(server, () => woken > 0);
  });

  it("delivers one at once while another one waits for somebody who is free", async () => {
    const [server, host] = [open(), open()];
    let calls = 0;
    host.listen(() => {
      calls++;
      return calls > 3;
    });
    await first(server, () => calls > 0);
    await until(() => calls > 3);
  });
});
