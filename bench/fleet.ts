/**
 * What it costs to have API servers and workers in processes of their own, and how soon another worker goes on after
 * `kill -9` and after a worker that hangs. Real servers, PostgreSQL, which waits for its disk, and Redis; paintings of 64 px on the processor.
 *
 *   npx tsx bench/fleet.ts                   60 starts on each side in turns, 20 kills and 20 hangs; about nine minutes
 *   npx tsx bench/fleet.ts STARTS LOSSES     a shorter form, which is not recorded
 */
import { setTimeout as delay } from "node:timers/promises";
import { Fleet } from "../test/helpers/fleet.js";
import type { GraphqlClient } from "../test/helpers/graphql-client.js";
import { PatientViewer } from "../test/helpers/patient-viewer.js";
import { pngPicture } from "../test/helpers/pictures.js";
import { emptyDataFolder, ServerProcess } from "../test/helpers/server.js";
import { until } from "../test/helpers/until.js";
import { atMost, type Measurement, recordResults } from "./results.js";
import { quantile, rounded } from "./statistics.js";

const [starts = 60, losses = 20] = process.argv.slice(2).map(Number);
/** Starts on each side before those that count: the device opens the model and compiles the program. */
const WARM_UP = 5;
const limits = { addedMs: 50, takeoverMs: 10_000 };
/** How a worker is lost. One that is stopped keeps its connections, and says nothing. */
const workerLosses = [
  ["kill -9 of a worker", "SIGKILL"],
  ["a worker that hangs", "SIGSTOP"],
] as const;

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
const CANCEL = "mutation ($id: ID!) { cancelSession(sessionId: $id) { status } }";
const FIRST_FRAME = "subscription ($id: ID!) { session(id: $id, afterStep: -1) { ... on Frame { step } } }";
const NEWEST = "query ($id: ID!) { session(id: $id) { latestFrame { step } } }";

/** A server with an uploaded style. */
interface Side {
  client: GraphqlClient;
  styleId: string;
}

type Worker = Awaited<ReturnType<Fleet["worker"]>>;

const fleet = await Fleet.start({}, { waitsForDisk: true });
const measured: Measurement[] = [];
try {
  const { client } = await fleet.api();
  const distributed = await withStyle(client);
  let worker = await freeWorker();
  measured.push(...(await compareStarts(distributed)));
  for (const [loss, signal] of workerLosses) {
    const { times, free } = await measureTakeovers(distributed, worker, signal);
    worker = free;
    measured.push(...takeoversAfter(loss, times));
  }
} finally {
  await fleet.close();
}
if (process.argv.length === 2) await recordResults(measured, "npx tsx bench/fleet.ts");
else for (const { bench, value, unit, peer } of measured) console.info(`${bench}: ${value} ${unit}${peer && `, ${peer}`}`);

async function withStyle(client: GraphqlClient): Promise<Side> {
  return { client, styleId: await client.upload((await pngPicture(80, 80, 2)).bytes) };
}

/** The input of a painting of a picture of its own: a server may store the frames of the same picture in no time. */
async function newPainting({ client, styleId }: Side, seed: number): Promise<Record<string, unknown>> {
  const content = await pngPicture(96, 96, 100 + seed);
  return { contentId: await client.upload(content.bytes), styles: [{ imageId: styleId }], size: 64, model: "vgg19-lite" };
}

/** Starts a worker, and waits until it claims sessions. */
async function freeWorker(): Promise<Worker> {
  const worker = await fleet.worker();
  await until(async () => (await fetch(`${worker.client.address}/readyz`)).ok);
  return worker;
}

/** The same paintings in turns in one process, and in an API server and a worker. */
async function compareStarts(distributed: Side): Promise<Measurement[]> {
  const data = await emptyDataFolder();
  const server = new ServerProcess({ ATELIER_DATA: data.folder, ATELIER_DEVICE: "cpu" });
  const client = await server.client();
  try {
    await until(async () => (await fetch(`${client.address}/readyz`)).ok);
    const sides = { embedded: await withStyle(client), distributed };
    const times: Record<keyof typeof sides, number[]> = { embedded: [], distributed: [] };
    for (let start = 0; start < WARM_UP + starts; start++) {
      for (const name of ["embedded", "distributed"] as const) {
        const ms = await timeToFirstFrame(sides[name], start);
        if (start >= WARM_UP) times[name].push(ms);
      }
    }
    const [p50, p95] = [0.5, 0.95].map((share) => {
      const [embedded, apart] = [quantile(times.embedded, share), quantile(times.distributed, share)];
      console.info(
        `startStyleTransfer to the first step, ${100 * share} of 100: ${embedded.toFixed(1)} ms in one process, ${apart.toFixed(1)} ms with a worker, ${(apart - embedded).toFixed(1)} ms more`,
      );
      return { embedded, apart };
    });
    if (!p50 || !p95) throw new TypeError("There are two percentiles.");
    const [one, apart] = ["in one process", "with an API server and a worker"];
    return [
      plain(`startStyleTransfer to the first step ${one}, p50`, p50.embedded),
      plain(`startStyleTransfer to the first step ${one}, p95`, p95.embedded),
      plain(`startStyleTransfer to the first step ${apart}, p50`, p50.apart),
      plain(`startStyleTransfer to the first step ${apart}, p95`, p95.apart),
      atMost("a worker of its own adds to the time until the first step, p50", p50.apart - p50.embedded, limits.addedMs, "ms"),
      atMost("a worker of its own adds to the time until the first step, p95", p95.apart - p95.embedded, limits.addedMs, "ms"),
    ];
  } finally {
    await client.close();
    await server.end();
    await data.remove();
  }
}

/** From the mutation until a viewer has the first frame, ms. Resolves when the session has ended. */
async function timeToFirstFrame(side: Side, seed: number): Promise<number> {
  const { client } = side;
  const input = { ...(await newPainting(side, seed)), steps: 2 };
  const began = performance.now();
  const { startStyleTransfer } = await client.query(START, { input });
  let ms: number | null = null;
  for await (const { data, errors } of client.subscribe(FIRST_FRAME, { id: startStyleTransfer.id })) {
    if (errors) throw new Error(JSON.stringify(errors));
    if (data.session.step !== undefined) ms ??= performance.now() - began;
  }
  if (ms === null) throw new Error("A session ended without a frame.");
  return ms;
}

/**
 * Sends a signal to the worker that paints while another one is free, again and again, and measures until the other one has
 * painted a step, ms. It paints the next session; the last of them is `free`.
 */
async function measureTakeovers(side: Side, first: Worker, signal: NodeJS.Signals): Promise<{ times: number[]; free: Worker }> {
  const { client } = side;
  const input = { ...(await newPainting(side, 0)), steps: 5000 };
  const times: number[] = [];
  let painting = first;
  while (times.length < losses) {
    // With one worker, it is certain which one paints.
    const { startStyleTransfer } = await client.query(START, { input });
    const viewer = new PatientViewer(startStyleTransfer.id);
    const following = viewer.follow(client);
    const free = await freeWorker();
    await until(() => viewer.lastStep >= 10);
    const began = performance.now();
    process.kill(painting.process.pid, signal);
    // What it had sent to the database is stored by then.
    await delay(300);
    // What the lost worker published last may still be on its way to the viewer.
    const stored = (await client.query(NEWEST, { id: viewer.id })).session.latestFrame.step;
    await until(() => viewer.lastStep > stored);
    times.push(performance.now() - began);
    await client.query(CANCEL, { id: viewer.id });
    await following;
    await painting.process.end("SIGKILL");
    if (viewer.misdelivered.length > 0) throw new Error(viewer.misdelivered.join("; "));
    painting = free;
  }
  return { times, free: painting };
}

function takeoversAfter(loss: string, times: readonly number[]): Measurement[] {
  const [p50, p95] = [quantile(times, 0.5), quantile(times, 0.95)];
  console.info(`${loss}, ${times.length} times: the next step after ${p50.toFixed(0)} ms in the median, p95 ${p95.toFixed(0)} ms`);
  return [
    plain(`${loss} to the next step by another one, p50`, p50),
    atMost(`${loss} to the next step by another one, p95`, p95, limits.takeoverMs, "ms"),
  ];
}

function plain(bench: string, value: number): Measurement {
  return { bench, peer: "", ratio: null, value: rounded(value), unit: "ms" };
}
