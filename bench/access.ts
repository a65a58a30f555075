/**
 * What access control adds to an operation and to a frame, asked for and sent to a subscriber: the same goes in turns through a
 * server without access control, as its only owner, and through one with links, as an artist who may not see everything; the
 * operation also through one that counts the artist's operations in Redis, together with other servers.
 *
 *   npx tsx bench/access.ts
 */
import { randomUUID } from "node:crypto";
import { Agent, request as sendRequest } from "node:http";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { openSharedPlaces, type SharedPlaces } from "../server/limits/shared-places.js";
import { aFrame, anImage, aSession } from "../test/contracts/records.js";
import { type RunningApp, startApp } from "../test/helpers/app.js";
import { RedisServer } from "../test/helpers/redis-server.js";
import { atMost, recordResults } from "./results.js";
import { quantile } from "./statistics.js";

const REQUESTS = 4000;
const limits = { operationMs: 1, frameMs: 0.1 };

interface Side {
  running: RunningApp;
  headers: Record<string, string>;
  sessionId: string;
  /** Publishes one more frame of a session that runs, and resolves when its subscriber has it. */
  watchFrame(): Promise<void>;
  close(): Promise<void>;
}

const WATCH = "subscription ($id: ID!) { session(id: $id) { ... on Frame { step url } } }";

/** A server with one public session of another owner, and the headers that the bench sends. */
async function openSide(accessMode: "NONE" | "LINK", sharedPlaces: SharedPlaces | null = null): Promise<Side> {
  const running = await startApp({ accessMode, sharedPlaces });
  const { storage, address } = running;
  const digest = await storage.blobs.put(new Uint8Array(60_000).map((_, place) => place * 31));
  const image = await storage.images.insert(anImage({ ownerId: "other", digest }));
  const session = aSession(image.id, { id: randomUUID(), ownerId: "other", visibility: "PUBLIC", status: "COMPLETED" });
  await storage.sessions.insert(session);
  await storage.frames.insert(aFrame(session.id, 0, { digest, byteLength: 60_000 }));
  const side = { running, sessionId: session.id };
  if (accessMode === "NONE") return { ...side, headers: {}, ...(await watch(running, image.id, digest)) };
  const link = { name: "bench", ownerId: "bench", expiresAt: null };
  const { secret } = await running.app.links.create(link, { kind: "ACCESS", role: "ARTIST" });
  const response = await fetch(`${address}/access`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ secret }),
  });
  const headers = { Cookie: (response.headers.get("Set-Cookie") ?? "").split(";")[0] ?? "" };
  return { ...side, headers, ...(await watch(running, image.id, digest, secret)) };
}

/** Subscribes to a session that runs, and is another owner's. */
async function watch({ storage, bus, address }: RunningApp, imageId: string, digest: string, token?: string) {
  const session = aSession(imageId, { id: randomUUID(), ownerId: "other", visibility: "PUBLIC", status: "RUNNING" });
  await storage.sessions.insert(session);
  await storage.frames.insert(aFrame(session.id, 0, { digest }));
  const connectionParams = token === undefined ? {} : { token };
  const socket = createClient({ url: `${address.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket, connectionParams });
  const events = socket.iterate({ query: WATCH, variables: { id: session.id } });
  const arrived = async (step: number) => {
    for (;;) {
      const { value, done } = await events.next();
      if (done || value.errors) throw new Error(`The subscription ended before step ${step}: ${JSON.stringify(value)}`);
      if ((value.data as { session: { step?: number } }).session.step === step) return;
    }
  };
  await arrived(0);
  let step = 0;
  return {
    async watchFrame() {
      const frame = aFrame(session.id, ++step, { digest });
      await bus.publish(`session:${session.id}`, { type: "frame", frame, picture: new Uint8Array(60_000) });
      await arrived(step);
    },
    close: async () => void (await socket.dispose()),
  };
}

const query = "query ($id: ID!) { session(id: $id) { id title status } }";
// A client that costs little, so that less than with fetch is the client's noise.
const agent = new Agent({ keepAlive: true });
function ask(url: string, headers: Record<string, string>, body?: string): Promise<void> {
  const method = body === undefined ? "GET" : "POST";
  const type = body === undefined ? {} : { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const sent = sendRequest(url, { agent, method, headers: { ...headers, ...type } }, (response) => {
      const isRight = response.statusCode === 200;
      response.on("end", () => (isRight ? resolve() : reject(new Error(`${url}: ${response.statusCode}`)))).resume();
    });
    sent.on("error", reject).end(body);
  });
}
const requests: Record<string, (side: Side) => Promise<void>> = {
  operation: ({ running: { address }, headers, sessionId }: Side) =>
    ask(`${address}/graphql`, headers, JSON.stringify({ query, variables: { id: sessionId } })),
  frame: ({ running: { address }, headers, sessionId }: Side) => ask(`${address}/frames/${sessionId}/0`, headers),
  "frame of a subscription": (side: Side) => side.watchFrame(),
};

/** What one server adds to what another one needs, ms (medians). */
async function addedBy(more: Side, open: Side, name: string): Promise<number> {
  const send = requests[name];
  if (!send) throw new TypeError(`There is no request ${name}.`);
  const times = { open: [] as number[], more: [] as number[] };
  for (let request = 0; request < REQUESTS; request++) {
    const pair = [[open, times.open] as const, [more, times.more] as const];
    // Each of them goes first in turn, and finds what the other left to be cleared away.
    for (const [side, list] of request % 2 === 0 ? pair : pair.toReversed()) {
      const began = performance.now();
      await send(side);
      // The first ones warm both servers up.
      if (request >= REQUESTS / 10) list.push(performance.now() - began);
    }
  }
  const medians = { open: quantile(times.open, 0.5), more: quantile(times.more, 0.5) };
  console.info(`${name}: median ${medians.open.toFixed(3)} ms without access control, ${medians.more.toFixed(3)} ms with links`);
  // A smaller difference is noise.
  return Math.max(0.001, medians.more - medians.open);
}

const redis = await RedisServer.start();
const warnings: string[] = [];
const places = openSharedPlaces(redis.url, { warn: (message) => warnings.push(message) });
const [open, linked, shared] = [await openSide("NONE"), await openSide("LINK"), await openSide("LINK", places)];
const added = {
  operation: await addedBy(linked, open, "operation"),
  sharedOperation: await addedBy(shared, open, "operation"),
  frame: await addedBy(linked, open, "frame"),
  subscription: await addedBy(linked, open, "frame of a subscription"),
};
for (const { running, close } of [open, linked, shared]) {
  await close();
  await running.close();
}
await places.close();
if (warnings.length > 0) throw new Error(`Operations were not counted in Redis: ${warnings.join(" ")}`);
await redis.close();
agent.destroy();

await recordResults(
  [
    atMost("access control adds to an operation", added.operation, limits.operationMs, "ms"),
    atMost("access control adds to an operation, with limits counted in Redis", added.sharedOperation, limits.operationMs, "ms"),
    atMost("access control adds to a frame", added.frame, limits.frameMs, "ms"),
    atMost("access control adds to a frame of a subscription", added.subscription, limits.frameMs, "ms"),
  ],
  "npx tsx bench/access.ts",
);
