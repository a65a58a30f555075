import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { GraphqlClient } from "../helpers/graphql-client.js";
import { ENDLESS, PaintingFleet } from "../helpers/painting-fleet.js";
import { digestOf } from "../helpers/patient-viewer.js";
import { pngPicture } from "../helpers/pictures.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { hasRedis } from "../helpers/redis-server.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

const STEER = "mutation ($id: ID!) { steer(sessionId: $id, changes: { beta: 500 }) { id } }";
/** Changes as CHANGES reads them: that of STEER, and one of the number of steps. */
const [steered, shortened] = [500, null].map((beta) => ({ step: expect.any(Number), beta }));
const CHANGES = "query ($id: ID!) { session(id: $id) { ... on StyleTransferSession { changes { step beta } } } }";

describe.skipIf(postgresPrograms === null || !hasRedis())("API servers and workers", () => {
  const paintings = new PaintingFleet();
  const first = () => paintings.first;
  const second = () => paintings.second;

  const noWorkers = () => until(async () => (await (await fetch(`${first().address}/readyz`)).json()).workers === 0);

  it("move what waits in the queue on either server, and branch and replay it when it has begun", async () => {
    const MOVE = "mutation ($id: ID!, $position: Int!) { moveInQueue(sessionId: $id, position: $position) { queuePosition } }";
    const order = async (client: GraphqlClient) => (await client.query("{ queue { id } }")).queue.map(({ id }: { id: string }) => id);
    const [a, b, c] = [await paintings.start(5), await paintings.start(5), await paintings.start(5)];
    await second().query(MOVE, { id: c, position: 1 });
    expect(await order(first())).toEqual([c, a, b]);
    await Promise.all([first().query(MOVE, { id: b, position: 1 }), second().query(MOVE, { id: a, position: 1 })]);
    const orders = [await order(first()), await order(second())];
    expect(orders[1]).toEqual(orders[0]);
    expect(orders[0]?.[2]).toBe(c);
    const worker = await paintings.startWorker();
    for (const id of [a, b, c]) await until(async () => (await paintings.statusOf(id)) === "COMPLETED");
    const BRANCH = "mutation ($id: ID!) { branchSession(sessionId: $id, step: 3, changes: { steps: 6 }) { id parent { id } } }";
    const { branchSession } = await second().query(BRANCH, { id: a });
    expect(branchSession.parent.id).toBe(a);
    await until(async () => (await paintings.statusOf(branchSession.id)) === "COMPLETED");
    const trace = await (await fetch(`${first().address}/sessions/${a}/trace.json`)).text();
    const { importTrace } = await second().query("mutation ($trace: String!) { importTrace(trace: $trace) { id } }", { trace });
    const replay = paintings.watch(importTrace.id);
    await paintings.expectWhole(replay, 5);
    const original = paintings.watch(a);
    await original.ended;
    expect(replay.viewer.seen.get(5)).toBe(original.viewer.seen.get(5));
    await worker.end("SIGTERM");
    await noWorkers();
  });

  it("tell viewers on every server why a session has failed", async () => {
    const { bytes } = await pngPicture(90, 70, 77);
    const contentId = await first().upload(bytes);
    const id = await paintings.start(5, first(), { contentId, styles: [{ imageId: contentId }] });
    const viewers = [first(), second()].map((client) => paintings.watch(id, client));
    // Its picture is gone when a worker begins.
    const stored = await readdir(paintings.fleet.blobs, { recursive: true });
    const [file, ...others] = stored.filter((path) => path.endsWith(digestOf(bytes)));
    expect(others).toEqual([]);
    await rm(join(paintings.fleet.blobs, file ?? "none"));
    const worker = await paintings.startWorker();
    for (const { viewer, ended } of viewers) {
      expect(await ended).toBe(true);
      expect([viewer.status, viewer.errorCode]).toEqual(["FAILED", "NOT_FOUND"]);
    }
    await worker.end("SIGTERM");
    await noWorkers();
  });

  it("are ready without a worker, whose number they report", async () => {
    const ready = async () => (await fetch(`${first().address}/readyz`)).json();
    expect(await ready()).toMatchObject({ status: "ready", workers: 0 });
    // A server that is a worker too shows the others' devices beside its own.
    const [{ process, client }] = await Promise.all([paintings.fleet.both(), paintings.sharedWorker()]);
    onTestFinished(async () => void (await process.end("SIGKILL")));
    await until(async () => (await ready()).workers === 2);
    for (const server of [client, second()]) {
      await until(async () => (await server.query("{ server { devices { name } } }")).server.devices.length === 2);
    }
  });

  it("serve, steer and end each other's sessions", async () => {
    await paintings.sharedWorker();
    const id = await paintings.start(ENDLESS);
    const watched = paintings.watch(id);
    const hearing = async () => ((await paintings.fleet.redis.command("PUBSUB", "NUMSUB", `atelier:control:${id}`)) as [string, number])[1];
    await until(() => watched.viewer.lastStep >= 2);
    // No other server hears what is asked of its worker.
    expect(await hearing()).toBe(1);
    await second().query(STEER, { id });
    await first().query("mutation ($id: ID!) { pauseSession(sessionId: $id) { id } }", { id });
    await until(async () => (await paintings.statusOf(id)) === "PAUSED");
    await until(async () => (await hearing()) === 0);
    await second().query("mutation ($id: ID!) { resumeSession(sessionId: $id) { id } }", { id });
    await paintings.expectEndsWhole(watched);
    expect((await second().query(CHANGES, { id })).session.changes).toEqual([steered, shortened]);

    const running = await paintings.start(ENDLESS);
    await until(async () => (await paintings.statusOf(running)) === "RUNNING");
    await second().query("mutation ($id: ID!) { cancelSession(sessionId: $id) { status } }", { id: running });
    expect(await paintings.statusOf(running)).toBe("CANCELLED");
  });

  it("go on when a worker is stopped, and when the next one is killed, from the last picture or checkpoint", async () => {
    const leaving = await paintings.sharedWorker();
    const id = await paintings.start(ENDLESS);
    const watched = paintings.watch(id);
    const goOn = async () => {
      const { lastStep } = watched.viewer;
      await until(() => watched.viewer.lastStep > lastStep + 3);
    };
    await goOn();
    expect(await leaving.end("SIGTERM")).toBe(0);
    const doomed = await paintings.startWorker();
    await goOn();
    // The worker that is killed may have received it or not.
    await second().query(STEER, { id });
    await doomed.end("SIGKILL");
    await paintings.sharedWorker();
    await paintings.expectEndsWhole(watched);
    expect(await paintings.claimsOf(id)).toBe(3);
    expect((await second().query(CHANGES, { id })).session.changes).toEqual([steered, shortened]);
  });

  it("go on with a live translation when its worker is killed, and show it on every server, also when no worker is left", async () => {
    const doomed = await paintings.sharedWorker();
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
    const heir = await paintings.startWorker();
    await doomed.end("SIGKILL");
    const before = steps.length;
    await until(() => steps.length > before + 3);
    isSending = false;
    await sending;
    expect(steps).toEqual([...new Set(steps)].sort((one, other) => one - other));
    const last = await second().query("query ($id: ID!) { session(id: $id) { latestFrame { url } } }", { id: sessionId });
    expect((await fetch(`${second().address}${last.session.latestFrame.url}`)).status).toBe(200);
    // Without a worker, the server that ends it stores its last picture, and a painting can be ended too.
    const painting = await paintings.start(5000);
    await until(async () => (await paintings.statusOf(painting)) === "RUNNING");
    await heir.end("SIGKILL");
    const { cancelSession } = await second().query("mutation ($id: ID!) { cancelSession(sessionId: $id) { status } }", { id: painting });
    expect(cancelSession.status).toBe("CANCELLED");
    await second().query("mutation ($id: ID!) { endSession(sessionId: $id) { status } }", { id: sessionId });
    await reading;
    expect(await paintings.statusOf(sessionId)).toBe("COMPLETED");
    const [stored] = await paintings.rows<{ step: number }>("select max(step) as step from frames where session_id = $1", [sessionId]);
    expect(stored?.step).toBeGreaterThanOrEqual(steps.at(-1)!);
  });

  it("make, show, send, cancel and delete each other's films, and end those of one that is killed", async () => {
    await paintings.sharedWorker();
    const sessionId = await paintings.start(20);
    await until(async () => (await paintings.statusOf(sessionId)) === "COMPLETED");
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

    const doomed = await paintings.fleet.api();
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
});
