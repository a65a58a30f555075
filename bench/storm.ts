/**
 * A storm of sockets: 1,000 clients connect at once, with credentials, wrong ones and none, subscribe, leave and come again
 * a second later, while a session publishes ten frames of 60 kB a second. Compares the delay of its viewer's frames without and in
 * the storm. The clients, in processes of their own, share the machine's cores with the server.
 *
 *   npx tsx bench/storm.ts
 */
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type RunningApp, startApp, startSession } from "../test/helpers/app.js";
import { atMost, recordResults } from "./results.js";
import { quantile, rounded } from "./statistics.js";

const [sockets, byteLength, perSecond, frames, warmUp] = [1000, 60_000, 10, 200, 10];
const limitMs = 100;

interface Arrival {
  step: number;
  at: number;
}

/** Runs a script of this folder beside the server. */
function beside(script: string, ...args: string[]) {
  return fork(join(import.meta.dirname, script), args, { execArgv: ["--import", "tsx"] });
}

async function tokenOf({ app }: RunningApp, name: string): Promise<string> {
  const { secret } = await app.links.create({ name, ownerId: "bench", expiresAt: null }, { kind: "ACCESS", role: "ADMIN" });
  return secret;
}

/** Delays of the frames at one viewer, ms, and how many sockets the storm opened meanwhile. */
async function watched(withStorm: boolean): Promise<{ delays: number[]; opened: number }> {
  const app = await startApp({ accessMode: "LINK" });
  const id = await startSession(app, { steps: frames + 1 });
  await app.host.claim();
  const viewer = beside("viewers-client.ts", app.address, id, "1", await tokenOf(app, "viewer"));
  const arrivals: Arrival[] = [];
  await once(viewer, "message");
  viewer.on("message", (arrival: Arrival) => arrivals.push(arrival));
  const storm = withStorm ? beside("storm-client.ts", app.address, id, String(sockets), await tokenOf(app, "storm")) : null;
  let opened = 0;
  storm?.on("message", (count: number) => {
    opened += count;
  });
  // The storm has begun when its first sockets are open.
  if (storm) await once(storm, "message");

  const sentAt: number[] = [];
  const began = performance.now();
  for (let step = 0; step < frames; step++) {
    await delay(Math.max(0, began + (1000 * step) / perSecond - performance.now()));
    sentAt[step] = Number(process.hrtime.bigint()) / 1e6;
    await app.host.paint(id, step, randomBytes(byteLength));
  }
  for (let waited = 0; arrivals.length < frames && waited < 100; waited++) await delay(100);
  if (arrivals.length < frames) throw new Error(`${frames - arrivals.length} frames did not arrive.`);
  for (const client of [viewer, storm]) {
    client?.disconnect();
    if (client) await once(client, "exit");
  }
  if (app.faults.length > 0) throw new AggregateError(app.faults, "The server reported faults of its own.");
  await app.close();
  return { delays: arrivals.filter(({ step }) => step >= warmUp).map(({ step, at }) => at - sentAt[step]!), opened };
}

const calm = await watched(false);
const stormy = await watched(true);
const [p95, calmP95] = [quantile(stormy.delays, 0.95), quantile(calm.delays, 0.95)];
console.log(`calm: p50 ${quantile(calm.delays, 0.5).toFixed(1)} ms, p95 ${calmP95.toFixed(1)} ms`);
console.log(
  `storm of ${sockets} sockets, ${stormy.opened} in all: p50 ${quantile(stormy.delays, 0.5).toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`,
);
await recordResults(
  [
    { bench: "delay of a frame of 60 kB without a storm, p95", peer: "none", ratio: null, value: rounded(calmP95), unit: "ms" },
    atMost(`delay of a frame of 60 kB in a storm of ${sockets} sockets, p95`, p95, limitMs, "ms"),
  ],
  "npx tsx bench/storm.ts",
);
