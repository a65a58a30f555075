import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { type Client, createClient } from "graphql-ws";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { apiLimits } from "../../server/api/limits.js";
import { limitTable } from "../../server/limits/table.js";
import { inverterId, mirrorWithInverter } from "../helpers/generator-mirror.js";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { ServerFixture } from "../helpers/server-fixture.js";
import { noteSkipped } from "../helpers/skipped.js";

/** Fewer only where this process may not have as many open. */
const SOCKETS = Math.min(10_000, (await openFilesLimit()) - 1000);
/** Far more than a stranger may open: fewer would be no flood. */
const ENOUGH = 4 * limitTable.strangerSockets.value;
const FRAMES = 20;
const WATCH = "subscription ($id: ID!) { session(id: $id) { ... on Frame { step } } }";

let mirror: Awaited<ReturnType<typeof mirrorWithInverter>>;
beforeAll(async () => {
  mirror = await mirrorWithInverter();
});
const server = new ServerFixture(() => ({ ATELIER_ACCESS: "link", ATELIER_MODEL_MIRROR: mirror.folder }));
const flood: Socket[] = [];
const viewers: Client[] = [];
afterAll(async () => {
  for (const socket of flood) socket.destroy();
  for (const viewer of viewers) await viewer.dispose();
  await mirror.remove();
});

/** How many files and sockets a process may have open; where the system does not say, few enough for its usual limit. */
async function openFilesLimit(): Promise<number> {
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 3000);
}

/** Asks for a WebSocket without credentials. Resolves with the HTTP status; 0 where the connection ended without one. */
function handshake(): Promise<number> {
  const { port, hostname, host } = new URL(server.address);
  const socket = connect(Number(port), hostname);
  flood.push(socket);
  const head = ["GET /graphql HTTP/1.1", `Host: ${host}`, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
  const protocol = [`Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`, "Sec-WebSocket-Protocol: graphql-transport-ws"];
  socket.write(`${[...head, ...protocol].join("\r\n")}\r\n\r\n`);
  return new Promise((resolve) => {
    socket.on("data", (answer) => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(answer.toString("latin1"))?.[1] ?? 0)));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(0));
  });
}

/** Opens a link as a browser does, and watches a session; returns the steps as they come. */
async function watch(secret: string, id: string): Promise<number[]> {
  const { address } = server;
  const headers = { "Content-Type": "application/json" };
  const opened = await fetch(`${address}/access`, { method: "POST", headers, body: JSON.stringify({ secret }) });
  const cookie = opened.headers.get("Set-Cookie")?.split(";")[0] ?? "";
  class PageSocket extends WebSocket {
    constructor(url: string, protocols: string) {
      super(url, protocols, { headers: { Cookie: cookie, Origin: address } });
    }
  }
  const viewer = createClient({ url: `${address.replace("http", "ws")}/graphql`, webSocketImpl: PageSocket, retryAttempts: 0 });
  viewers.push(viewer);
  const events = viewer.iterate<{ session: { step?: number } }>({ query: WATCH, variables: { id } });
  const first = await events.next();
  expect(first.value.errors).toBeUndefined();
  const steps: number[] = [];
  void (async () => {
    for await (const { data } of events) if (data?.session.step !== undefined) steps.push(data.session.step);
  })();
  return steps;
}

const testFlood = test.skipIf(SOCKETS < ENOUGH);
const opened = SOCKETS < ENOUGH ? "None" : `Only ${SOCKETS}`;
if (SOCKETS < 10_000) noteSkipped(`${opened} of 10,000 sockets are opened at once: this machine does not allow more open files.`);

testFlood("ten thousand sockets of a stranger are refused or closed, and viewers with a link still get each frame", async () => {
  const { secret: operator } = JSON.parse(await readFile(join(server.folder, "operator.json"), "utf8")) as { secret: string };
  const admin = new GraphqlClient(server.address, operator);
  const { createLink } = await admin.query('mutation { createLink(input: { name: "Hall", role: VIEWER }) { secret } }');
  const { startTranslation } = await admin.query("mutation ($input: TranslationInput!) { startTranslation(input: $input) { id } }", {
    input: { model: inverterId, size: 64 },
  });
  const { id } = startTranslation;
  await admin.query("mutation ($id: ID!) { setVisibility(sessionId: $id, visibility: PUBLIC) { id } }", { id });
  const data = (
    await sharp({ create: { width: 64, height: 48, channels: 3, background: "teal" } })
      .jpeg()
      .toBuffer()
  ).toString("base64");
  const watching = [await watch(createLink.secret, id)];
  let shown = 0;
  /** Sends a frame and waits until every viewer has it. */
  const show = async () => {
    const step = shown++;
    await admin.query("mutation ($input: FrameInput!) { sendFrame(input: $input) { step } }", { input: { sessionId: id, step, data } });
    await expect.poll(() => watching.map((steps) => steps.at(-1)), { interval: 5 }).toEqual(watching.map(() => step));
  };
  await show();

  let isOver = false;
  const startedAt = performance.now();
  const statuses = Promise.all(Array.from({ length: SOCKETS }, handshake)).finally(() => {
    isOver = true;
  });
  // Someone else with the link comes while a stranger at their address takes all places of strangers.
  watching.push(await watch(createLink.secret, id));
  while (!isOver || shown < FRAMES) await show();
  const answers = await statuses;
  // Those that were let in say nothing, and are closed for it, whereupon others may come.
  const rounds = 1 + Math.floor((performance.now() - startedAt) / apiLimits.connectionInitTimeoutMs);
  // A busy system may end connections by itself before their turn comes.
  expect([0, 101, 429]).toEqual(expect.arrayContaining([...new Set(answers)]));
  expect(answers).toContain(429);
  expect(answers.filter((status) => status === 101).length).toBeLessThanOrEqual(rounds * limitTable.strangerSockets.value);
  await expect.poll(() => flood.filter(({ closed }) => !closed).length).toBe(0);
  await show();
  expect(watching[0]).toEqual(Array.from({ length: shown }, (_, step) => step));
});
