/**
 * Live translation at 256 x 256 px, with the client in another process: processor time of the server with a model that
 * has nothing to compute; pictures a second, and delay from the camera to the decoded result, with photo-to-painting;
 * and the delay over a minute with a client that sends twice as fast as the device works.
 *
 *   npx tsx bench/live.ts
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { inverterId, mirrorWithInverter } from "../test/helpers/generator-mirror.js";
import { BenchServer } from "./bench-server.js";
import { atLeast, atMost, type Measurement, recordResults } from "./results.js";
import { median, quantile, rounded } from "./statistics.js";

const generator = "photo-to-painting";
const seconds = { processor: 15, delay: 20, flood: 60 };
/** Pictures of the camera a second. */
const fps = 30;
const limits = { processorMs: 8, perSecond: 20, delayMs: 150 };

/** A result as the client saw it. */
interface Seen {
  /** Time of the result on the client's clock, ms. */
  at: number;
  /** Time since the camera took the picture, ms. */
  delay: number;
  computeMs: number;
}

/** First step of the next client: the steps of a session must grow. */
let firstStep = 0;

const mirror = await mirrorWithInverter();
const server = await BenchServer.start(mirror.folder);
const measurements: Measurement[] = [];
try {
  await measureProcessor();
  const perSecond = await measureDelay();
  await measureFlood(2 * perSecond);
} finally {
  await server.close();
  await mirror.remove();
}
await recordResults(measurements, "npx tsx bench/live.ts");

async function measureProcessor(): Promise<void> {
  const id = await begin(inverterId);
  await client(id, 3, fps, "keep");
  const before = await server.processorTime({ withDevice: true });
  const seen = await client(id, seconds.processor, fps, "keep");
  const each = ((await server.processorTime({ withDevice: true })) - before) / seen.length;
  console.log(`${seen.length} pictures with ${each.toFixed(2)} ms of the server's processors each, delay ${about(seen)}`);
  measurements.push(atMost("the server's own processor time for a live picture", each, limits.processorMs, "ms"));
  await end(id);
}

/** Returns results a second. */
async function measureDelay(): Promise<number> {
  const id = await begin(generator);
  await client(id, 3, fps, "keep");
  const seen = await client(id, seconds.delay, fps, "keep");
  const perSecond = (1000 * (seen.length - 1)) / (seen.at(-1)!.at - seen[0]!.at);
  console.log(
    `${generator}: ${perSecond.toFixed(1)} a second, delay ${about(seen)}, compute ${median(seen.map(({ computeMs }) => computeMs)).toFixed(1)} ms`,
  );
  measurements.push(
    atLeast(`live ${generator}, end to end`, perSecond, limits.perSecond, "pictures/s"),
    atMost(`live ${generator}, delay from camera to picture, p95`, delayQuantile(seen, 0.95), limits.delayMs, "ms"),
  );
  await end(id);
  return perSecond;
}

async function measureFlood(rate: number): Promise<void> {
  const id = await begin(generator);
  const seen = await client(id, seconds.flood, rate, "flood");
  const part = (from: number, to: number) =>
    median(seen.filter(({ at }) => at - seen[0]!.at >= from && at - seen[0]!.at < to).map(({ delay }) => delay));
  const [first, last] = [part(0, 10_000), part(1000 * (seconds.flood - 10), 1000 * seconds.flood)];
  console.log(
    `twice as fast as the device: delay ${first.toFixed(1)} ms in the first 10 s, ${last.toFixed(1)} ms in the last, ${about(seen)}`,
  );
  measurements.push({
    ...{ bench: "live delay after a minute at twice the device's rate", value: last, unit: "ms" },
    ...{ peer: "at most 1.2 times that of the first 10 s", ratio: rounded((1.2 * first) / last) },
  });
  await end(id);
}

async function begin(model: string): Promise<string> {
  const query = "mutation ($input: TranslationInput!) { startTranslation(input: $input) { id } }";
  const { startTranslation } = await server.client.query(query, { input: { model, size: 256 } });
  return startTranslation.id;
}

async function end(id: string): Promise<void> {
  await server.client.query("mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }", { id });
}

async function client(id: string, duration: number, rate: number, manner: "keep" | "flood"): Promise<Seen[]> {
  const args = [server.client.address, id, duration, rate, manner, firstStep].map(String);
  firstStep += 1_000_000;
  const child = spawn(process.execPath, ["--import", "tsx", `${import.meta.dirname}/live-client.ts`, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const seen: Seen[] = [];
  for await (const line of createInterface({ input: child.stdout })) seen.push(JSON.parse(line));
  if (seen.length < 10) throw new Error(`The client saw ${seen.length} pictures.`);
  return seen;
}

function delayQuantile(seen: readonly Seen[], share: number): number {
  const delays = seen.map(({ delay }) => delay);
  return quantile(delays, share);
}

function about(seen: readonly Seen[]): string {
  return `${delayQuantile(seen, 0.5).toFixed(0)} ms, p95 ${delayQuantile(seen, 0.95).toFixed(0)} ms`;
}
