import type { Job } from "bullmq";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openWakeUps, type WakeUpListener, type WakeUps, wakeUpJobs } from "../../server/queue/wake-ups.js";
import { CuttableProxy } from "../helpers/cuttable-proxy.js";
import { hasRedis, RedisServer } from "../helpers/redis-server.js";
import { until } from "../helpers/until.js";
import { DyingReceiver, noWakeUpsLeft, othersListen } from "../helpers/wake-up-jobs.js";

describe.skipIf(!hasRedis())("wake-ups over Redis", () => {
  let redis: RedisServer;
  const opened: WakeUps[] = [];
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    redis.hang(false);
    await Promise.all(opened.splice(0).map((wakeUps) => wakeUps.close()));
    // What one test left would count as being delivered for some seconds of the next.
    await redis.command("FLUSHALL");
  });
  afterAll(() => redis?.close());

  function open(warn: (message: string) => void = () => undefined): WakeUps {
    const wakeUps = openWakeUps(redis.url, { warn });
    opened.push(wakeUps);
    return wakeUps;
  }

  /** One that listens, and how often it was woken; `look` finds something or does not, and always leaves some. */
  async function openListener(look: () => Promise<boolean>) {
    const woken = { times: 0 };
    let isConnected = false;
    open().listen({
      async look() {
        if (isConnected) {
          woken.times++;
          return look();
        }
        // It looks once it is connected, without being woken.
        isConnected = true;
        return true;
      },
      leavesSome: async () => true,
      untilNextDue: async () => null,
    });
    await until(() => isConnected);
    return woken;
  }

  /** A process that finds something whenever it looks; `woken` is called when a wake-up has it look. */
  const lookingBy = (woken: () => void): WakeUpListener => ({
    async look(isExpected) {
      if (isExpected) woken();
      return true;
    },
    leavesSome: async () => false,
    untilNextDue: async () => null,
  });

  /** One that is sent before there is a connection is lost. */
  const first = (server: WakeUps, isWoken: () => boolean) =>
    until(() => {
      if (!isWoken()) server.send();
      return isWoken();
    });

  it("delivers one that is sent while another is being delivered", async () => {
    const server = open();
    // What is sent now may be about a session that a look just before did not see.
    const host = await openListener(async () => {
      if (host.times <= 20) server.send();
      return true;
    });
    await first(server, () => host.times > 0);
    await until(() => host.times > 20);
  });

  it("passes one on that takes long to find out that it is of no use, and delivers others meanwhile", async () => {
    const server = open();
    let settle: ((isUsed: boolean) => void) | null = null;
    await openListener(async () => {
      if (settle) return true;
      return new Promise((resolve) => {
        settle = resolve;
      });
    });
    await first(server, () => settle !== null);
    const free = await openListener(async () => true);
    await othersListen(redis, 2);
    await first(server, () => free.times > 0);
    await noWakeUpsLeft(redis.url);
    const before = free.times;
    settle!(false);
    await until(() => free.times > before);
  });

  it("wakes all others once with one that was of no use, also when it is of none to them", async () => {
    const server = open();
    const listeners = await Promise.all([1, 2, 3].map(() => openListener(async () => false)));
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
    const other = await openListener(async () => true);
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
      untilNextDue: async () => null,
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

  describe("with a delay", () => {
    /** What listens, how it looked, and how long it says that the next session takes, ms. */
    async function openWaiting() {
      const looks: boolean[] = [];
      const due: number[] = [];
      open().listen({
        async look(isExpected) {
          looks.push(isExpected);
          return true;
        },
        leavesSome: async () => false,
        untilNextDue: async () => due.shift() ?? null,
      });
      // The look of a new connection, which expects nothing.
      await until(() => looks.includes(false));
      const servers = [open(), open()] as const;
      // Connected, and with no wake-up on its way.
      for (const server of servers) {
        const before = looks.length;
        await first(server, () => looks.length > before + 1);
        await noWakeUpsLeft(redis.url);
      }
      looks.length = 0;
      return { looks, due, servers };
    }

    const delayed = () => redis.command("ZCARD", `${wakeUpJobs.prefix}:${wakeUpJobs.name}:delayed`);

    it("are followed by the next for as long as something is due, and expect nothing", async () => {
      const { looks, due, servers } = await openWaiting();
      due.push(30, 20);
      servers[0].sendDelayed(10);
      await until(() => due.length === 0 && looks.length >= 3);
      await until(async () => (await delayed()) === 0);
      expect(looks).not.toContain(true);
    });

    it("are one job for all that are sent, which does not hold up those without a delay", async () => {
      const { looks, servers } = await openWaiting();
      for (const server of servers) {
        server.sendDelayed(3_600_000);
        server.send();
        await until(() => looks.includes(true));
        await noWakeUpsLeft(redis.url);
        expect(await delayed()).toBe(1);
        looks.length = 0;
      }
    });

    it.each([
      ["that has lost them", () => redis.stop().then(() => redis.start())],
      ["over a new connection", () => redis.command("CLIENT", "KILL", "SKIPME", "yes")],
    ])("are sent again by a process that reaches Redis %s, for when something is due now", async (_how, reconnect) => {
      const { looks, due, servers } = await openWaiting();
      servers[0].sendDelayed(3_600_000);
      await until(async () => (await delayed()) === 1);
      due.push(30);
      await reconnect();
      // It looks once it is connected, and when it is woken.
      await until(async () => looks.length >= 2 && due.length === 0 && (await delayed()) === 0);
    });
  });

  it("come again after one with which receivers died more often than BullMQ lets a job stall", async () => {
    const server = open();
    const dying = new DyingReceiver(redis.url);
    onTestFinished(() => dying.close());
    let taken: Job<unknown> | undefined;
    await until(async () => {
      server.send();
      taken = (await dying.take()) ?? taken;
      return (taken?.stalledCounter ?? 0) > 1;
    });
    // It names no session, so no session fails with it.
    expect(taken?.data).toEqual({});
    await dying.close();
    const host = await openListener(async () => true);
    await first(server, () => host.times > 0);
    await noWakeUpsLeft(redis.url);
  });

  it.each([
    ["restarts", () => redis.stop(), () => redis.start()],
    ["hangs for a while", async () => redis.hang(true), async () => redis.hang(false)],
  ])("are lost while Redis %s, which each connection says, and come again", async (_how, leave, come) => {
    const [sent, received]: [string[], string[]] = [[], []];
    const server = open((message) => sent.push(message));
    const host = open((message) => received.push(message));
    let woken = 0;
    host.listen(lookingBy(() => woken++));
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
      return sent.length > 0 && new Set(received).size > 1;
    });
    await come();
    await delivers();
    const away = (what: string) => (message: string) => /^Redis cannot be reached \(.+\); /.test(message) && message.includes(what);
    const back = (what: string) => (message: string) => message === `Redis is back; ${what}.`;
    const sending = [away("no process is woken from here"), back("processes are woken from here at once")] as const;
    const receiving = [away("this process is not woken"), back("this process is woken at once")] as const;
    // A loaded Redis that has just come back may be lost once more. Each loss is said once, and then that it is over.
    for (const [told, [isAway, isBack]] of [[sent, sending] as const, [received, sending] as const, [received, receiving] as const]) {
      const own = () => told.filter((message) => isAway(message) || isBack(message));
      await until(() => isBack(own().at(-1) ?? ""));
      expect(own().map((message) => (isAway(message) ? "away" : "back"))).toEqual(
        own().map((_, place) => (place % 2 === 0 ? "away" : "back")),
      );
    }
  });

  it("say when a Redis that has come back refuses what all others are told with, and come by it once it is allowed", async () => {
    const warnings: string[] = [];
    const host = open((message) => warnings.push(message));
    host.listen(lookingBy(() => undefined));
    await othersListen(redis, 1);
    await redis.command("ACL", "SETUSER", "default", "-subscribe");
    onTestFinished(async () => void (await redis.command("ACL", "SETUSER", "default", "+subscribe")));
    const loseConnections = () => redis.command("CLIENT", "KILL", "SKIPME", "yes");
    await loseConnections();
    await until(() => warnings.some((message) => /^Redis refuses wake-ups .*'subscribe'/.test(message)));
    await redis.command("ACL", "SETUSER", "default", "+subscribe");
    await loseConnections();
    await othersListen(redis, 1);
  });

  it("are received over a network that lost the connection without a word", async () => {
    const network = await CuttableProxy.start(redis.url);
    onTestFinished(() => network.close());
    const server = open();
    const host = openWakeUps(network.through(redis.url), { warn: () => undefined });
    opened.push(host);
    let woken = 0;
    host.listen(lookingBy(() => woken++));
    await first(server, () => woken > 0);
    network.forget();
    woken = 0;
    await first(server, () => woken > 0);
  });

  it("end at once while Redis hangs", async () => {
    const host = open();
    let woken = 0;
    host.listen(lookingBy(() => woken++));
    await first(host, () => woken > 0);
    redis.hang(true);
    host.send();
    await host.close();
  });
});
