import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CuttableProxy } from "../helpers/cuttable-proxy.js";
import { Fleet } from "../helpers/fleet.js";
import type { GraphqlClient } from "../helpers/graphql-client.js";
import { digestOf, historyOf, PatientViewer } from "../helpers/patient-viewer.js";
import { pngPicture } from "../helpers/pictures.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { hasRedis } from "../helpers/redis-server.js";
import type { ServerProcess } from "../helpers/server.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
const STATUS = "query ($id: ID!) { session(id: $id) { status error { code message } } }";

describe.skipIf(postgresPrograms === null || !hasRedis())("API servers and workers", () => {
  let fleet: Fleet;
  let [a, b]: { process: ServerProcess; client: GraphqlClient }[] = [];
  let images: { contentId: string; styles: { imageId: string }[] };
  /** Workers that run. */
  const workers = new Set<ServerProcess>();

  beforeAll(async () => {
    fleet = await Fleet.start();
    [a, b] = await Promise.all([fleet.api(), fleet.api()]);
    const [content, style] = [await pngPicture(96, 96, 1), await pngPicture(80, 80, 2)];
    images = {
      contentId: await first().upload(content.bytes),
      styles: [{ imageId: await second().upload(style.bytes) }],
    };
  });
  afterAll(() => fleet?.close());
  afterEach(async () => {
    await Promise.all([...workers].map((worker) => worker.end("SIGKILL")));
    workers.clear();
  });

  const first = () => a!.client;
  const second = () => b!.client;
  async function startWorker(variables: Record<string, string> = {}): Promise<ServerProcess> {
    const { process } = await fleet.worker(variables);
    workers.add(process);
    return process;
  }
  const start = async (steps: number) =>
    (await first().query(START, { input: { ...images, size: 64, steps, model: "vgg19-lite" } })).startStyleTransfer.id as string;
  const statusOf = async (id: string) => (await second().query(STATUS, { id })).session.status;

  /** Watches a session on the other server than the one that started it. */
  function watch(id: string): { viewer: PatientViewer; ended: Promise<boolean> } {
    const viewer = new PatientViewer(id);
    return { viewer, ended: viewer.follow(second()) };
  }

  /** Each step was stored once; what came was in order, and is in history. */
  async function expectWhole({ viewer, ended }: ReturnType<typeof watch>, steps: number): Promise<void> {
    expect(await ended).toBe(true);
    const { status, error, urls } = await historyOf(first(), viewer.id);
    expect([status, error]).toEqual(["COMPLETED", "null"]);
    expect([...urls.keys()]).toEqual(Array.from({ length: steps + 1 }, (_, step) => step));
    expect(viewer.misdelivered).toEqual([]);
    expect(viewer.lastStep).toBe(steps);
    // A viewer that is slower than the worker gets the newest frame.
    for (const [step, digest] of viewer.seen) {
      const served = await fetch(`${first().address}${urls.get(step)}`);
      expect(digestOf(new Uint8Array(await served.arrayBuffer()))).toBe(digest);
    }
  }

  it("are ready without a worker, whose number they report", async () => {
    const ready = async () => (await fetch(`${first().address}/readyz`)).json();
    expect(await ready()).toMatchObject({ status: "ready", workers: 0 });
    // A server that is a worker too shows the others' devices beside its own.
    const [{ process, client }] = await Promise.all([fleet.both(), startWorker()]);
    workers.add(process);
    await until(async () => (await ready()).workers === 2);
    for (const server of [client, second()]) {
      await until(async () => (await server.query("{ server { devices { name } } }")).server.devices.length === 2);
    }
  });

  it("serve, steer and end each other's sessions", async () => {
    await startWorker();
    const id = await start(60);
    const watched = watch(id);
    await until(() => watched.viewer.lastStep >= 2);
    await second().query("mutation ($id: ID!) { steer(sessionId: $id, changes: { beta: 500 }) { id } }", { id });
    await first().query("mutation ($id: ID!) { pauseSession(sessionId: $id) { id } }", { id });
    await until(async () => (await statusOf(id)) === "PAUSED");
    await second().query("mutation ($id: ID!) { resumeSession(sessionId: $id) { id } }", { id });
    await expectWhole(watched, 60);
    const { session } = await second().query("query ($id: ID!) { session(id: $id) { ... on StyleTransferSession { changes { step } } } }", {
      id,
    });
    expect(session.changes).toHaveLength(1);

    const running = await start(500);
    await until(async () => (await statusOf(running)) === "RUNNING");
    await second().query("mutation ($id: ID!) { cancelSession(sessionId: $id) { status } }", { id: running });
    expect(await statusOf(running)).toBe("CANCELLED");
  });

  it("go on when a worker is killed, from its last checkpoint", async () => {
    const doomed = await startWorker();
    const id = await start(60);
    const watched = watch(id);
    await until(() => watched.viewer.lastStep >= 3);
    await startWorker();
    await doomed.end("SIGKILL");
    await expectWhole(watched, 60);
  });

  it("let a worker that slept write nothing of a session that another one has", async () => {
    const sleeper = await startWorker();
    const id = await start(60);
    const watched = watch(id);
    await until(() => watched.viewer.lastStep >= 3);
    process.kill(sleeper.pid, "SIGSTOP");
    const stopped = watched.viewer.lastStep;
    await startWorker();
    await until(() => watched.viewer.lastStep > stopped + 3);
    process.kill(sleeper.pid, "SIGCONT");
    await expectWhole(watched, 60);
    // It works again as before.
    await Promise.all([...workers].filter((worker) => worker !== sleeper).map((worker) => worker.end("SIGKILL")));
    await expectWhole(watch(await start(5)), 5);
  });

  it("hand sessions over when a worker is stopped", async () => {
    const leaving = await startWorker();
    const id = await start(60);
    const watched = watch(id);
    await until(() => watched.viewer.lastStep >= 3);
    await startWorker();
    expect(await leaving.end("SIGTERM")).toBe(0);
    await expectWhole(watched, 60);
  });

  it("go on with a live translation when its worker is killed, and show it on every server", async () => {
    const doomed = await startWorker();
    const input = { model: "drawing-to-emoji", size: 256 };
    const { startTranslation } = await first().query("mutation ($input: TranslationInput!) { startTranslation(input: $input) { id } }", {
      input,
    });
    const sessionId = startTranslation.id as string;
    const data = Buffer.from((await pngPicture(64, 64, 3)).bytes).toString("base64");
    let isSending = true;
    const sending = (async () => {
      for (let step = 0; isSending; step++) {
        // Refused when no worker is free for long.
        await first().send("mutation ($input: FrameInput!) { sendFrame(input: $input) { credit } }", { input: { sessionId, step, data } });
      }
    })();
    const steps: number[] = [];
    const watching = second().subscribe("subscription ($id: ID!) { session(id: $id) { ... on Frame { step } } }", { id: sessionId });
    const reading = (async () => {
      for await (const { data: event } of watching) if (event.session.step !== undefined) steps.push(event.session.step);
    })();
    await until(() => steps.length > 3);
    await startWorker();
    await doomed.end("SIGKILL");
    const before = steps.length;
    await until(() => steps.length > before + 3);
    isSending = false;
    await sending;
    expect(steps).toEqual([...new Set(steps)].sort((one, other) => one - other));
    const last = await second().query("query ($id: ID!) { session(id: $id) { latestFrame { url } } }", { id: sessionId });
    expect((await fetch(`${second().address}${last.session.latestFrame.url}`)).status).toBe(200);
    await second().query("mutation ($id: ID!) { endSession(sessionId: $id) { status } }", { id: sessionId });
    await reading;
    expect(await statusOf(sessionId)).toBe("COMPLETED");
  });

  it("let viewers of a server that is killed go on at another one", async () => {
    await startWorker();
    const doomed = await fleet.api();
    const id = await start(60);
    const viewer = new PatientViewer(id);
    const cut = viewer.follow(doomed.client).catch(() => "cut");
    await until(() => viewer.lastStep >= 3);
    await doomed.process.end("SIGKILL");
    expect(await cut).toBe("cut");
    await expectWhole({ viewer, ended: viewer.follow(second()) }, 60);
  });

  it("end a session whose worker was killed while no other one is there", async () => {
    const doomed = await startWorker();
    const id = await start(500);
    await until(async () => (await statusOf(id)) === "RUNNING");
    await doomed.end("SIGKILL");
    const { cancelSession } = await second().query("mutation ($id: ID!) { cancelSession(sessionId: $id) { status } }", { id });
    expect(cancelSession.status).toBe("CANCELLED");
  });

  it("make, show, send, cancel and delete each other's films, and end those of one that is killed", async () => {
    await startWorker();
    const sessionId = await start(20);
    await until(async () => (await statusOf(sessionId)) === "COMPLETED");
    const order = async (client: GraphqlClient, size: number) =>
      (
        await client.query("mutation ($input: ExportInput!) { startExport(input: $input) { id } }", {
          input: { sessionId, format: "WEBP", size, maxFrames: 15 },
        })
      ).startExport.id as string;
    const film = (id: string) => second().query("query ($id: ID!) { export(id: $id) { state url bytes error { code message } } }", { id });
    const running = async (id: string) => until(async () => (await film(id)).export.state === "RUNNING");

    const id = await order(first(), 64);
    const progress: number[] = [];
    const states = second().subscribe("subscription ($id: ID!) { exportChanged(id: $id) { state progress } }", { id });
    for await (const { data } of states) progress.push(data.exportChanged.progress);
    expect(progress).toEqual([...progress].sort((one, other) => one - other));
    expect(progress.at(-1)).toBe(1);
    const { url, bytes } = (await film(id)).export;
    const [here, there] = await Promise.all(
      [first(), second()].map(async ({ address }) => (await fetch(`${address}${url}`)).arrayBuffer()),
    );
    expect(here?.byteLength).toBe(bytes);
    expect(Buffer.from(there!).equals(Buffer.from(here!))).toBe(true);
    const part = await fetch(`${second().address}${url}`, { headers: { Range: "bytes=100-199" } });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 100-199/${bytes}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(Buffer.from(here!).subarray(100, 200))).toBe(true);

    const long = await order(first(), 2048);
    await running(long);
    await second().query("mutation ($id: ID!) { cancelExport(id: $id) { state } }", { id: long });
    expect((await first().query("query ($id: ID!) { export(id: $id) { state } }", { id: long })).export.state).toBe("CANCELLED");

    const doomed = await fleet.api();
    const [lost, waiting] = [await order(doomed.client, 2048), await order(doomed.client, 64)];
    await running(lost);
    const following = second().subscribe("subscription ($id: ID!) { exportChanged(id: $id) { state } }", { id: waiting });
    await doomed.process.end("SIGKILL");
    let last = "";
    for await (const { data } of following) last = data.exportChanged.state;
    expect(last).toBe("FAILED");
    const error = { code: "UNAVAILABLE", message: expect.stringContaining("Start the export again") };
    expect((await film(lost)).export).toMatchObject({ state: "FAILED", url: null, error });

    await second().query("mutation ($id: ID!) { deleteSession(sessionId: $id) }", { id: sessionId });
    await until(async () => (await film(id)).export === null);
    expect((await fetch(`${first().address}${url}`)).status).toBe(404);
  });

  it("survive a Redis that is restarted and has lost everything", async () => {
    await startWorker();
    const id = await start(60);
    const watched = watch(id);
    await until(() => watched.viewer.lastStep >= 3);
    await fleet.redis.stop();
    const isReady = async () => (await fetch(`${first().address}/readyz`)).ok;
    await until(async () => !(await isReady()));
    const waiting = await start(5);
    await until(async () => (await statusOf(waiting)) !== "QUEUED");
    const unwanted = await start(5000);
    await until(async () => (await statusOf(unwanted)) === "RUNNING");
    const { cancelSession } = await first().query("mutation ($id: ID!) { cancelSession(sessionId: $id) { status } }", { id: unwanted });
    expect(cancelSession.status).toBe("CANCELLED");
    await fleet.redis.start();
    await expectWhole(watched, 60);
    await until(isReady);
    await until(async () => (await statusOf(waiting)) === "COMPLETED");
  });

  it("go on elsewhere when a worker is cut off from PostgreSQL, and once when it comes back", async () => {
    const network = await CuttableProxy.start(fleet.databaseUrl);
    await startWorker({ DATABASE_URL: network.through(fleet.databaseUrl) });
    const id = await start(60);
    const watched = watch(id);
    await until(() => watched.viewer.lastStep >= 3);
    network.cut();
    const cut = watched.viewer.lastStep;
    await startWorker();
    await until(() => watched.viewer.lastStep > cut + 3);
    network.restore();
    await expectWhole(watched, 60);
    await network.close();
  });

  it("go on at a worker that is cut off from Redis, and viewers see the end", async () => {
    const network = await CuttableProxy.start(fleet.redis.url);
    await startWorker({ REDIS_URL: network.through(fleet.redis.url) });
    const id = await start(60);
    const watched = watch(id);
    await until(() => watched.viewer.lastStep >= 3);
    network.cut();
    await until(async () => (await statusOf(id)) === "COMPLETED");
    network.restore();
    await expectWhole(watched, 60);
    await network.close();
  });

  it("survive a PostgreSQL that is away for some seconds", async () => {
    await startWorker();
    const id = await start(40);
    const watched = watch(id);
    await until(() => watched.viewer.lastStep >= 3);
    await fleet.postgres.stop();
    const refused = await first().send(START, { input: { ...images, size: 64, steps: 3, model: "vgg19-lite" } });
    expect(refused.errors?.[0]?.extensions.code).toBe("UNAVAILABLE");
    await fleet.postgres.start();
    await until(async () => (await statusOf(id)) === "COMPLETED");
    await expectWhole(watched, 40);
  });
});
