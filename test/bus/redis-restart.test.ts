import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRemoteBus } from "../../server/bus/remote.js";
import { type RunningApp, startApp, startSession } from "../helpers/app.js";
import { hasRedis, RedisServer } from "../helpers/redis-server.js";
import { until } from "../helpers/until.js";

const EVENTS = `subscription ($id: ID!, $afterStep: Int) {
  session(id: $id, afterStep: $afterStep) { ... on SessionChange { session { status } } ... on Frame { step } }
}`;

describe.skipIf(!hasRedis())("sessions over a real Redis", () => {
  let redis: RedisServer;
  let running: RunningApp;
  beforeAll(async () => {
    redis = await RedisServer.start();
    running = await startApp({ openBus: (report) => openRemoteBus(redis.url, { onListenerError: report, warn: () => undefined }) });
  });
  afterAll(async () => {
    expect(running.faults).toEqual([]);
    await running.close();
    await redis.close();
  });

  test.each([
    ["the latest frames", null],
    ["every frame", -1],
  ])("a viewer of %s sees how a session ends while Redis is away", async (_what, afterStep) => {
    const { host, client } = running;
    const id = await startSession(running, { steps: 100 });
    await host.claim();
    const seen: (string | number)[] = [];
    const over = (async () => {
      for await (const { data } of client.subscribe(EVENTS, { id, afterStep }))
        seen.push(data.session.session?.status ?? data.session.step);
    })();
    await until(() => seen.length > 0);
    for (let step = 0; step < 3; step++) await host.paint(id, step);
    await until(() => seen.includes(2));
    await redis.stop();
    for (let step = 3; step < 6; step++) await host.paint(id, step);
    await host.end(id, "COMPLETED");
    await redis.start();
    await over;
    const steps = seen.filter((what) => typeof what === "number");
    expect([seen.at(-1), steps.at(-1)]).toEqual(["COMPLETED", 5]);
    if (afterStep !== null) expect(steps).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
