/**
 * Delay from publishing a frame of 60 kB to its arrival, ten times a second, for a growing number of viewers who receive
 * its bytes inline. The viewers, in a process of their own, share the machine's cores with the server.
 *
 *   npx tsx bench/viewers.ts [viewers ...]
 */
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startApp, startSession } from "../test/helpers/app.js";
import { atMost, type Measurement, recordResults } from "./results.js";
import { quantile, rounded } from "./statistics.js";

const [byteLength, perSecond, frames, warmUp] = [60_000, 10, 100, 10];
const limitMs = 50;
const counts = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 10, 100, 300, 500];
/** The viewers for which the limit holds; the other numbers are reported. */
const limited = 300;

interface Arrival {
  viewer: number;
  step: number;
  at: number;
}

const measured: Measurement[] = [];
for (const viewers of counts) {
  const { delays, missed, busy } = await watchedBy(viewers);
  const bench = `delay of a frame of 60 kB for each of ${viewers} viewers, p95`;
  const [p50, p95] = [quantile(delays, 0.5), quantile(delays, 0.95)];
  console.log(
    `${viewers} viewers: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, missed ${missed}, server busy ${(100 * busy).toFixed(0)} % of a core`,
  );
  if (missed > 0) throw new Error(`${missed} frames did not arrive.`);
  measured.push(
    viewers === limited ? atMost(bench, p95, limitMs, "ms") : { bench, peer: "none", ratio: null, value: rounded(p95), unit: "ms" },
  );
}
await recordResults(measured, "npx tsx bench/viewers.ts");

async function watchedBy(viewers: number): Promise<{ delays: number[]; missed: number; busy: number }> {
  const app = await startApp();
  const id = await startSession(app, { steps: frames + 1 });
  await app.host.claim();
  const clients = fork(join(import.meta.dirname, "viewers-client.ts"), [app.address, id, String(viewers)], {
    execArgv: ["--import", "tsx"],
  });
  const arrivals: Arrival[] = [];
  await once(clients, "message");
  clients.on("message", (arrival: Arrival) => arrivals.push(arrival));

  const sentAt: number[] = [];
  const began = performance.now();
  const usage = process.cpuUsage();
  for (let step = 0; step < frames; step++) {
    await delay(Math.max(0, began + (1000 * step) / perSecond - performance.now()));
    const picture = randomBytes(byteLength);
    sentAt[step] = Number(process.hrtime.bigint()) / 1e6;
    await app.host.paint(id, step, picture);
  }
  const { user, system } = process.cpuUsage(usage);
  const busy = (user + system) / 1000 / (performance.now() - began);
  const expected = viewers * frames;
  for (let waited = 0; arrivals.length < expected && waited < 50; waited++) await delay(100);
  clients.disconnect();
  await once(clients, "exit");
  await app.close();
  const counted = arrivals.filter(({ step }) => step >= warmUp);
  return { delays: counted.map(({ step, at }) => at - sentAt[step]!), missed: expected - arrivals.length, busy };
}
