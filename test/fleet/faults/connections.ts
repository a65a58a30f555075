import { expect, it, onTestFinished } from "vitest";
import { faultLasts } from "../../helpers/long-faults.js";
import { ENDLESS, type PaintingFleet, uploadPictures } from "../../helpers/painting-fleet.js";
import type { PostgresServer } from "../../helpers/postgres-server.js";
import { until } from "../../helpers/until.js";
import { openWorkerNetwork } from "../../helpers/worker-network.js";

/** How long they are away in the long form, seconds. */
const AWAY = 20;
const CANCEL = "mutation ($id: ID!) { cancelSession(sessionId: $id) { status } }";

type DatabaseFault = [fault: string, begin: (postgres: PostgresServer) => Promise<void>, end: (postgres: PostgresServer) => Promise<void>];
const databaseFaults: DatabaseFault[] = [
  ["is away for some seconds", (postgres) => postgres.stop(), (postgres) => postgres.start()],
  ["hangs", async (postgres) => postgres.hang(true), async (postgres) => postgres.hang(false)],
];

/** PostgreSQL and Redis that are away, for all or for one worker. */
export function connectionFaults(paintings: PaintingFleet): void {
  /** The only worker, and its network, which can be cut to what a variable names. */
  async function workerCutTo(cuttable: "DATABASE_URL" | "REDIS_URL") {
    await paintings.endWorkers();
    const { DATABASE_URL = "", REDIS_URL = "", AWS_ENDPOINT_URL = "" } = paintings.fleet.environment();
    const network = await openWorkerNetwork({ DATABASE_URL, REDIS_URL, AWS_ENDPOINT_URL }, cuttable);
    onTestFinished(() => network.close());
    await paintings.startWorker(network.variables, network.launch);
    return network;
  }

  /** What is in the way of sessions, as an API server tells it to one who subscribes. */
  function obstacles() {
    const events = paintings.first.subscribe("subscription { readiness { obstacle } }");
    return {
      next: async () => (await events.next()).value?.data?.readiness.obstacle,
      end: async () => void (await events.return?.()),
    };
  }

  it("survive a Redis that is restarted and has lost everything", async () => {
    await paintings.sharedWorker();
    const id = await paintings.start(ENDLESS);
    const watched = paintings.watch(id);
    await until(() => watched.viewer.lastStep >= 3);
    await paintings.fleet.redis.stop();
    const isReady = async () => (await fetch(`${paintings.first.address}/readyz`)).ok;
    await until(async () => !(await isReady()));
    const seen = watched.viewer.lastStep;
    await until(() => watched.viewer.lastStep > seen);
    const waiting = await paintings.start(5);
    const unwanted = await paintings.start(ENDLESS);
    await until(async () => (await paintings.statusOf(unwanted)) === "RUNNING");
    const { cancelSession } = await paintings.first.query(CANCEL, { id: unwanted });
    expect(cancelSession.status).toBe("CANCELLED");
    await faultLasts(AWAY, async () => (await paintings.statusOf(waiting)) !== "QUEUED");
    await paintings.fleet.redis.start();
    await paintings.expectEndsWhole(watched);
    await until(isReady);
    await until(async () => (await paintings.statusOf(waiting)) === "COMPLETED");
  });

  it("survive a Redis that hangs, which API servers report", async () => {
    await paintings.sharedWorker();
    const id = await paintings.start(ENDLESS);
    const watched = paintings.watch(id);
    await until(() => watched.viewer.lastStep >= 3);
    const { redis } = paintings.fleet;
    redis.hang(true);
    onTestFinished(() => redis.hang(false));
    const ready = () => fetch(`${paintings.first.address}/readyz`);
    await until(async () => (await ready()).status === 503);
    // Nothing waits for it: not the API, which counts uploads, nor the worker.
    await uploadPictures(paintings.first, paintings.second);
    const waiting = await paintings.start(5);
    await faultLasts(AWAY, async () => (await paintings.statusOf(waiting)) !== "QUEUED");
    redis.hang(false);
    await until(async () => (await ready()).ok);
    await paintings.expectEndsWhole(watched);
    await until(async () => (await paintings.statusOf(waiting)) === "COMPLETED");
  });

  it.each(databaseFaults)("survive a PostgreSQL that %s, and tell viewers about it", async (_fault, begin, end) => {
    await paintings.sharedWorker();
    const told = obstacles();
    const isToldThatNothingIs = async () => (await told.next()) === null;
    await until(isToldThatNothingIs);
    const id = await paintings.start(ENDLESS);
    const watched = paintings.watch(id);
    await until(() => watched.viewer.lastStep >= 3);
    const { postgres } = paintings.fleet;
    try {
      await begin(postgres);
      expect(await told.next()).toMatch(/^The (storage did not answer in time|database cannot be reached)/);
      await faultLasts(AWAY, async () => (await paintings.refusalOfStart()) === "UNAVAILABLE");
    } finally {
      await end(postgres);
    }
    // What is in the way may change before nothing is: a database that starts again refuses connections in its own words.
    await until(isToldThatNothingIs);
    await told.end();
    await paintings.expectEndsWhole(watched);
  });

  it("go on at a worker that is cut off from Redis, where they can be ended, and viewers see the end meanwhile", async () => {
    const network = await workerCutTo("REDIS_URL");
    const id = await paintings.start(ENDLESS);
    const unwanted = await paintings.start(ENDLESS);
    const watched = paintings.watch(id);
    await until(() => watched.viewer.lastStep >= 3);
    await until(async () => (await paintings.statusOf(unwanted)) === "RUNNING");
    network.cut();
    const { cancelSession } = await paintings.first.query(CANCEL, { id: unwanted });
    expect(cancelSession.status).toBe("CANCELLED");
    await paintings.shorten(id);
    await faultLasts(AWAY, () => watched.viewer.status === "COMPLETED");
    // The worker dies before it can announce the end.
    await paintings.endWorkers();
    await paintings.expectWhole(watched, watched.viewer.lastStep);
  });

  it("go on elsewhere when a worker is cut off from PostgreSQL, and once when it comes back", async () => {
    const network = await workerCutTo("DATABASE_URL");
    const id = await paintings.start(ENDLESS);
    const watched = paintings.watch(id);
    await until(() => watched.viewer.lastStep >= 3);
    network.cut();
    const cut = watched.viewer.lastStep;
    await paintings.sharedWorker();
    await faultLasts(AWAY, () => watched.viewer.lastStep > cut + 3);
    network.restore();
    await paintings.expectEndsWhole(watched);
  });
}
