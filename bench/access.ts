/**
 * What access control adds to an operation and to a frame, asked for and sent to a subscriber: the same goes in turns through a
 * server without access control, as its only owner, and through one with links, as an artist who may not see everything.
 *
 *   npx tsx bench/access.ts
 */
import { randomUUID } from "node:crypto";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { aFrame, anImage, aSession } from "../test/contracts/records.js";
import { type RunningApp, startApp } from "../test/helpers/app.js";
import { atMost, recordResults } from "./results.js";
import { quantile } from "./statistics.js";

const REQUESTS = 1500;
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
async function openSide(accessMode: "NONE" | "LINK"): Promise<Side> {
  const running = await startApp({ accessMode });
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
const read = async (request: Promise<Response>) => {
  const response = await request;
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
};
const requests: Record<string, (side: Side) => Promise<void>> = {
  operation: ({ running: { address }, headers, sessionId }: Side) =>
    read(
      fetch(`${address}/graphql`, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body: JSON.stringify({ query, variables: { id: sessionId } }),
      }),
    ),
  frame: ({ running: { address }, headers, sessionId }: Side) => read(fetch(`${address}/frames/${sessionId}/0`, { headers })),
  "frame of a subscription": (side: Side) => side.watchFrame(),
};

const [open, linked] = [await openSide("NONE"), await openSide("LINK")];
const added: Record<string, number> = {};
for (const [name, send] of Object.entries(requests)) {
  const times = { open: [] as number[], linked: [] as number[] };
  for (let request = 0; request < REQUESTS; request++) {
    for (const [side, list] of [[open, times.open] as const, [linked, times.linked] as const]) {
      const began = performance.now();
      await send(side);
      // The first ones warm both servers up.
      if (request >= REQUESTS / 10) list.push(performance.now() - began);
    }
  }
  const medians = { open: quantile(times.open, 0.5), linked: quantile(times.linked, 0.5) };
  // A smaller difference is noise.
  added[name] = Math.max(0.001, medians.linked - medians.open);
  console.info(`${name}: median ${medians.open.toFixed(3)} ms without access control, ${medians.linked.toFixed(3)} ms with links`);
}
for (const { running, close } of [open, linked]) {
  await close();
  await running.close();
}

await recordResults(
  [
    atMost("access control adds to an operation", added.operation ?? Number.NaN, limits.operationMs, "ms"),
    atMost("access control adds to a frame", added.frame ?? Number.NaN, limits.frameMs, "ms"),
    atMost("access control adds to a frame of a subscription", added["frame of a subscription"] ?? Number.NaN, limits.frameMs, "ms"),
  ],
  "npx tsx bench/access.ts",
);
