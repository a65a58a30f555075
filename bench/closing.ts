/**
 * How soon those who may watch no more are cut off, over WebSocket, server-sent events and MJPEG: after their link was
 * revoked or has expired, and after what they watch was made private.
 *
 *   npx tsx bench/closing.ts
 */
import { createClient as createStreamClient } from "graphql-sse";
import { createClient as createSocketClient } from "graphql-ws";
import WebSocket from "ws";
import { aFrame, anImage, aSession } from "../test/contracts/records.js";
import { type RunningApp, startApp } from "../test/helpers/app.js";
import { pngPicture } from "../test/helpers/pictures.js";
import { until } from "../test/helpers/until.js";
import { atMost, type Measurement, recordResults } from "./results.js";
import { quantile } from "./statistics.js";

const ROUNDS = 10;
const VIEWERS = 10;
const LIMIT_MS = 1000;
const WATCH = "subscription ($id: ID!) { session(id: $id) { __typename } }";

const running = await startApp({
  accessMode: "LINK",
  limits: { strangerRequestsPerMinute: 1e6, strangerSockets: 1000, strangerUpgradesPerMinute: 1e6, ownSockets: 1000 },
});
const measured: Measurement[] = [];
try {
  const sessionId = await storeSession(running);
  const ways = { "a WebSocket": overSocket, "an event stream": overEvents, "an MJPEG stream": overMjpeg };
  for (const [way, watch] of Object.entries(ways)) {
    const times: Record<"revoked" | "expired" | "private", number[]> = { revoked: [], expired: [], private: [] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const [cause, list] of Object.entries(times) as [keyof typeof times, number[]][])
        list.push(...(await cutOff(cause, watch, sessionId)));
    }
    for (const [cause, list] of Object.entries(times)) {
      const name = { revoked: "its link was revoked", expired: "its link has expired", private: "its session was made private" }[cause];
      measured.push(atMost(`${way} closes after ${name}, p99`, quantile(list, 0.99), LIMIT_MS, "ms"));
    }
  }
} finally {
  await running.close();
}
await recordResults(measured, "npx tsx bench/closing.ts");

/** A public session that is running, with a frame. */
async function storeSession({ storage }: RunningApp): Promise<string> {
  const { bytes } = await pngPicture(64, 64);
  const digest = await storage.blobs.put(new Uint8Array(bytes));
  const picture = { digest, byteLength: bytes.byteLength, mimeType: "image/png" };
  const image = await storage.images.insert(anImage({ ownerId: "other", ...picture }));
  const session = aSession(image.id, { ownerId: "other", visibility: "PUBLIC", status: "RUNNING" });
  await storage.sessions.insert(session);
  await storage.frames.insert(aFrame(session.id, 0, picture));
  return session.id;
}

/** Begins to watch; resolves when something has arrived, with a promise of the end. */
type Watch = (secret: string, sessionId: string) => Promise<{ ended: Promise<unknown> }>;

/** Lets viewers watch and ends that; returns how long each of them still watched, ms. */
async function cutOff(cause: "revoked" | "expired" | "private", watch: Watch, sessionId: string): Promise<number[]> {
  const { app, client } = running;
  await client.query("mutation ($id: ID!) { setVisibility(sessionId: $id, visibility: PUBLIC) { id } }", { id: sessionId });
  const expiresAt = cause === "expired" ? new Date(Date.now() + 1500) : null;
  const { link, secret } = await app.links.create({ name: "bench", ownerId: "bench", expiresAt }, { kind: "ACCESS", role: "VIEWER" });
  const viewers = await Promise.all(Array.from({ length: VIEWERS }, () => watch(secret, sessionId)));
  const began = expiresAt ? performance.now() + (expiresAt.getTime() - Date.now()) : performance.now();
  const times = viewers.map(async ({ ended }) => {
    await ended;
    return performance.now() - began;
  });
  if (cause === "revoked") await app.links.revoke(link.id);
  if (cause === "private") {
    await client.query("mutation ($id: ID!) { setVisibility(sessionId: $id, visibility: PRIVATE) { id } }", { id: sessionId });
  }
  const all = await Promise.all(times);
  await until(() => app.broker.viewersOf(sessionId) === 0);
  return all;
}

async function overSocket(secret: string, id: string): ReturnType<Watch> {
  const url = `${running.address.replace("http", "ws")}/graphql`;
  const socket = createSocketClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: { token: secret } });
  return whole(socket.iterate({ query: WATCH, variables: { id } }));
}

async function overEvents(secret: string, id: string): ReturnType<Watch> {
  const headers = { Authorization: `Bearer ${secret}` };
  const stream = createStreamClient({ singleConnection: true, url: `${running.address}/graphql`, headers, retryAttempts: 0 });
  return whole(stream.iterate({ query: WATCH, variables: { id } }));
}

async function overMjpeg(secret: string, id: string): ReturnType<Watch> {
  const headers = { Authorization: `Bearer ${secret}` };
  const response = await fetch(`${running.address}/sessions/${id}/stream.mjpeg`, { headers });
  if (!response.ok || !response.body) throw new Error(`MJPEG: ${response.status}`);
  const reader = response.body.getReader();
  return whole({ next: async () => ({ done: (await reader.read()).done ?? true, value: undefined }) });
}

/** Waits for the first event, and reads the others as they come. */
async function whole(events: AsyncIterator<unknown>): ReturnType<Watch> {
  if ((await events.next()).done) throw new Error("It ended before it began.");
  const ended = (async () => {
    while (!(await events.next()).done);
  })();
  // However it ends, it is over.
  return { ended: ended.catch(() => undefined) };
}
