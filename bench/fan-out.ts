/**
 * One session with ten frames of 60 kB a second for a growing number of viewers: with the bus within the server's process,
 * and with Redis between the server and a process that publishes. Server, publisher and viewers are processes of their own
 * on one machine, and share its cores. At last, ten viewers of 60 frames a second, alone and beside one who does not read.
 *
 *   npx tsx bench/fan-out.ts [viewers ...]
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { hasRedis, RedisServer } from "../test/helpers/redis-server.js";
import type { Load } from "./fan-out-frames.js";
import { type Measurement, recordResults } from "./results.js";
import { quantile, rounded } from "./statistics.js";

const load: Load = { frames: 50, byteLength: 60_000, perSecond: 10 };
/** Fills what lies between the server and a viewer who does not read many times over. */
const heavyLoad: Load = { frames: 300, byteLength: 60_000, perSecond: 60 };
const warmUp = 5;
const perProcess = 100;
const counts = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 10, 100, 300];
const query = "subscription ($id: ID!) { session(id: $id, inline: true) { ... on Frame { step data } } }";

interface Outcome {
  delays: number[];
  missed: number;
  busy: number;
  before: number;
  peak: number;
}

const redis = hasRedis() ? await RedisServer.start() : null;
const measured: Measurement[] = [];
console.log("viewers                          bus       missed   p50 ms   p95 ms   p99 ms   busy %   memory MiB");
for (const bus of redis ? (["embedded", "Redis"] as const) : (["embedded"] as const)) {
  const url = bus === "Redis" ? redis?.url : undefined;
  for (const viewers of counts) record(`${viewers} viewers`, bus, await watchedBy(viewers, false, load, url));
  record("10 viewers, 60 frames/s", bus, await watchedBy(10, false, heavyLoad, url));
  record("10 viewers and one stuck, 60/s", bus, await watchedBy(10, true, heavyLoad, url));
}
await redis?.close();
await recordResults(measured, "npx tsx bench/fan-out.ts");

function record(who: string, bus: string, { delays, missed, busy, before, peak }: Outcome): void {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantile(delays, share));
  const cells = [p50, p95, p99].map((value) => value!.toFixed(1).padStart(9)).join("");
  const memory = `${before.toFixed(0)} to ${peak.toFixed(0)}`;
  console.log(
    `${who.padEnd(32)} ${bus.padEnd(9)} ${String(missed).padStart(6)}${cells} ${(100 * busy).toFixed(0).padStart(8)}   ${memory}`,
  );
  const add = (bench: string, value: number, unit: string) =>
    measured.push({ bench: `fan-out to ${who}, bus: ${bus}; ${bench}`, peer: "", ratio: null, value: rounded(value), unit });
  add("delay p50", p50!, "ms");
  add("delay p95", p95!, "ms");
  add("delay p99", p99!, "ms");
  add("frames missed", missed, "frames");
  add("server busy", 100 * busy, "% of a core");
  add("server's memory grows by at most", peak - before, "MiB");
}

function beside(script: string, ...args: string[]): ChildProcess {
  return fork(join(import.meta.dirname, script), args, { execArgv: ["--import", "tsx"] });
}

async function answer<Message>(child: ChildProcess): Promise<Message> {
  const [message] = (await once(child, "message")) as [Message];
  return message;
}

async function watchedBy(viewers: number, withStuck: boolean, published: Load, redisUrl?: string): Promise<Outcome> {
  const server = beside("fan-out-server.ts", ...(redisUrl === undefined ? [] : [redisUrl]));
  const { address, sessionId } = await answer<{ address: string; sessionId: string }>(server);
  const stuck = withStuck ? await openStuck(address, sessionId) : null;
  const arrivals: { step: number; at: number }[] = [];
  const clients: ChildProcess[] = [];
  for (let open = 0; open < viewers; open += perProcess) {
    const client = beside("viewers-client.ts", address, sessionId, String(Math.min(perProcess, viewers - open)));
    await once(client, "message");
    client.on("message", (arrival: { step: number; at: number }) => arrivals.push(arrival));
    clients.push(client);
  }
  const numbers = [published.frames, published.byteLength, published.perSecond].map(String);
  const painter = redisUrl === undefined ? null : beside("fan-out-painter.ts", redisUrl, sessionId, ...numbers);
  if (painter) await once(painter, "message");
  const began = answer<{ before: number; sentAt: number[] | null }>(server);
  server.send({ begin: published });
  painter?.send("begin");
  const sentElsewhere = painter && (await answer<number[]>(painter));
  const { before, sentAt } = await began;
  const sent = sentElsewhere ?? sentAt ?? [];
  const measuring = answer<{ busy: number; peak: number; faults: number }>(server);
  server.send("measure");
  const { busy, peak, faults } = await measuring;
  if (faults > 0) throw new Error("The server reported faults of its own.");
  const expected = viewers * published.frames;
  // What has not come in two seconds was replaced by a newer frame.
  for (let waited = 0; arrivals.length < expected && waited < 20; waited++) await delay(100);
  stuck?.terminate();
  for (const child of [...clients, painter, server]) {
    if (!child) continue;
    child.disconnect();
    await once(child, "exit");
  }
  if (arrivals.length === 0) throw new Error("No frame has arrived.");
  const delays = arrivals.filter(({ step }) => step >= warmUp).map(({ step, at }) => at - sent[step]!);
  return { delays, missed: expected - arrivals.length, busy, before, peak };
}

/** A viewer whose connection stays open and who reads nothing after the first event. */
async function openStuck(address: string, id: string): Promise<WebSocket> {
  const socket = new WebSocket(`${address.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "connection_init" }));
  await once(socket, "message");
  socket.send(JSON.stringify({ id: "stuck", type: "subscribe", payload: { query, variables: { id } } }));
  await once(socket, "message");
  socket.pause();
  return socket;
}
