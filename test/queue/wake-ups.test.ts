import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openWakeUps, type WakeUps } from "../../server/queue/wake-ups.js";
import { CuttableProxy } from "../helpers/cuttable-proxy.js";
import { hasRedis, RedisServer } from "../helpers/redis-server.js";
import { until } from "../helpers/until.js";

describe.skipIf(!hasRedis())("wake-ups over Redis", () => {
  let redis: RedisServer;
  const opened: WakeUps[] = [];
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    redis.hang(false);
    await Promise.all(opened.splice(0).map((wakeUps) => wakeUps.close()));
  });
  afterAll(() => redis?.close());

  function open(warn: (message: string) => void = () => undefined): WakeUps {
    const wakeUps = openWakeUps(redis.url, { warn });
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

  it.each([
    ["restarts", () => redis.stop(), () => redis.start()],
    ["hangs for a while", async () => redis.hang(true), async () => redis.hang(false)],
  ])("are lost while Redis %s, which each connection says once, and come again", async (_how, leave, come) => {
    const [sent, received]: [string[], string[]] = [[], []];
    const server = open((message) => sent.push(message));
    const host = open((message) => received.push(message));
    let woken = 0;
    host.listen(() => {
      woken++;
      return true;
    });
    const delivers = async () => {
      const before = woken;
      await first(server, () => woken > before);
    };
    await delivers();
    for (const told of [sent, received]) told.length = 0;
    await leave();
    // The second process sends nothing, and so has two connections that find out by themselves.
    await until(() => {
      server.send();
      return sent.length === 1 && received.length === 2;
    });
    await come();
    await delivers();
    await until(() => sent.length === 2 && received.length === 4);
    const away = (what: string) => expect.stringMatching(`^Redis cannot be reached \\(.+\\); ${what}`);
    const back = (what: string) => `Redis is back; ${what}.`;
    expect(sent).toEqual([away("no process is woken from here"), back("processes are woken from here at once")]);
    expect(received.slice(0, 2).sort()).toEqual([away("no process is woken from here"), away("this process is not woken")]);
    expect(received.slice(2).sort()).toEqual([back("processes are woken from here at once"), back("this process is woken at once")]);
  });

  it("are received over a network that lost the connection without a word", async () => {
    const network = await CuttableProxy.start(redis.url);
    onTestFinished(() => network.close());
    const server = open();
    const host = openWakeUps(network.through(redis.url), { warn: () => undefined });
    opened.push(host);
    let woken = 0;
    host.listen(() => {
      woken++;
      return true;
    });
    await first(server, () => woken > 0);
    network.forget();
    woken = 0;
    await first(server, () => woken > 0);
  });

  it("end at once while Redis hangs", async () => {
    const host = open();
    let woken = 0;
    host.listen(() => {
      woken++;
      return true;
    });
    await first(host, () => woken > 0);
    redis.hang(true);
    host.send();
    await host.close();
  });
});
