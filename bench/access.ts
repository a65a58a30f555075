/**
 * What access control adds to an operation and to a frame: the same requests go in turns to a server without access control, as
 * its only owner, and to one with links, as an artist with a cookie, who may not see everything.
 *
 *   npx tsx bench/access.ts
 */
import { randomUUID } from "node:crypto";
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
}

/** A server with one public session of another owner, and the headers that the bench sends. */
async function openSide(accessMode: "NONE" | "LINK"): Promise<Side> {
  const running = await startApp({ accessMode });
  const { storage, address } = running;
  const digest = await storage.blobs.put(new Uint8Array(60_000).map((_, place) => place * 31));
  const image = await storage.images.insert(anImage({ ownerId: "other", digest }));
  const session = aSession(image.id, { id: randomUUID(), ownerId: "other", visibility: "PUBLIC", status: "COMPLETED" });
  await storage.sessions.insert(session);
  await storage.frames.insert(aFrame(session.id, 0, { digest, byteLength: 60_000 }));
  if (accessMode === "NONE") return { running, headers: {}, sessionId: session.id };
  const link = { name: "bench", ownerId: "bench", expiresAt: null };
  const { secret } = await running.app.links.create(link, { kind: "ACCESS", role: "ARTIST" });
  const response = await fetch(`${address}/access`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ secret }),
  });
  return { running, headers: { Cookie: (response.headers.get("Set-Cookie") ?? "").split(";")[0] ?? "" }, sessionId: session.id };
}

const query = "query ($id: ID!) { session(id: $id) { id title status } }";
const requests = {
  operation: ({ running: { address }, headers, sessionId }: Side) =>
    fetch(`${address}/graphql`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify({ query, variables: { id: sessionId } }),
    }),
  frame: ({ running: { address }, headers, sessionId }: Side) => fetch(`${address}/frames/${sessionId}/0`, { headers }),
};

const [open, linked] = [await openSide("NONE"), await openSide("LINK")];
const added: Record<string, number> = {};
for (const [name, send] of Object.entries(requests)) {
  const times = { open: [] as number[], linked: [] as number[] };
  for (let request = 0; request < REQUESTS; request++) {
    for (const [side, list] of [[open, times.open] as const, [linked, times.linked] as const]) {
      const began = performance.now();
      const response = await send(side);
      await response.arrayBuffer();
      // The first ones warm both servers up.
      if (request >= REQUESTS / 10) list.push(performance.now() - began);
      if (!response.ok) throw new Error(`${name}: ${response.status}`);
    }
  }
  const medians = { open: quantile(times.open, 0.5), linked: quantile(times.linked, 0.5) };
  added[name] = medians.linked - medians.open;
  console.info(`${name}: median ${medians.open.toFixed(3)} ms without access control, ${medians.linked.toFixed(3)} ms with links`);
}
for (const { running } of [open, linked]) await running.close();

await recordResults(
  [
    atMost("access control adds to an operation", added.operation ?? Number.NaN, limits.operationMs, "ms"),
    atMost("access control adds to a frame", added.frame ?? Number.NaN, limits.frameMs, "ms"),
  ],
  "npx tsx bench/access.ts",
);
