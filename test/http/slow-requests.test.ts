import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { routePolicy } from "../../server/access/policy.js";
import { BODY_MS } from "../../server/http/body-deadline.js";
import { type RunningApp, startApp, startSession } from "../helpers/app.js";
import { IdentityProvider } from "../helpers/identity-provider.js";
import { until } from "../helpers/until.js";

/** How long the head of a request may take in this file, ms. */
const HEAD_MS = 400;
/** Time between two bytes of a slow client, ms. */
const DRIP_MS = 100;
/** Bytes after which a client whose connection is still open is given up. */
const MOST_DRIPS = 3000;
const TOKEN = "X-GraphQL-Event-Stream-Token";

let provider: IdentityProvider;
let running: RunningApp;
beforeAll(async () => {
  provider = await IdentityProvider.start();
  running = await startApp({ accessMode: "USERS", openId: provider.settings, headMs: HEAD_MS });
  provider.serve(running.address);
});
afterAll(async () => {
  expect(running.faults).toEqual([]);
  await running.close();
  await provider.close();
});

interface SlowClient {
  route: string;
  socket: Socket;
  answer: string;
  isClosed: boolean;
}

/** Connects, and sends the beginning of a request. */
function begin(route: string, text: string): SlowClient {
  const { port, hostname } = new URL(running.address);
  const client: SlowClient = { route, socket: connect(Number(port), hostname), answer: "", isClosed: false };
  client.socket.setEncoding("latin1").on("data", (part: string) => {
    client.answer += part;
  });
  client.socket.on("error", () => undefined);
  client.socket.on("close", () => {
    client.isClosed = true;
  });
  client.socket.write(text);
  return client;
}

/** Begins a request whose body stays incomplete; resolves once the server has its head. */
async function beginBody(route: string, headers: Record<string, string>): Promise<SlowClient> {
  const all = { Host: new URL(running.address).host, Expect: "100-continue", "Content-Length": "3900", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const client = begin(route, `${route} HTTP/1.1\r\n${lines.join("")}\r\n`);
  await until(() => client.answer.includes("100 Continue"));
  return client;
}

test("a body that comes byte by byte, or stops, ends its connection on every route", async () => {
  const mine = running.client.credentials;
  const id = await startSession(running);
  // What the policy lists, of a session that waits, so that its stream goes on.
  const values: Record<string, string> = { sessionId: id, id, step: "0", format: "png", name: "stage" };
  const routes = Object.keys(routePolicy).map((route) => route.replace(/:(\w+)/g, (_, name: string) => values[name] ?? name));
  const reserved = await fetch(`${running.address}/graphql`, { method: "PUT", headers: mine });
  const stream = { ...mine, [TOKEN]: await reserved.text() };
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"], shouldClearNativeTimers: true });
  const json = { "Content-Type": "application/json" };
  const form = { "Content-Type": "multipart/form-data; boundary=x" };
  const clients: SlowClient[] = [];
  const begun = async (route: string, headers: Record<string, string>) => {
    // One client goes on with a byte now and then, the other stops.
    for (const _ of ["drips", "stops"]) clients.push(await beginBody(route, headers));
  };
  try {
    await begun("POST /graphql", json);
    await begun("POST /graphql", { ...json, ...mine });
    await begun("POST /access", { ...json, "Content-Length": "900" });
    // What reads a body waits for it; everything else answers, and the body is still on its way.
    const waiting = [...clients];
    await begun("PUT /graphql", mine);
    await begun("PUT /graphql", { ...json, ...mine });
    await begun("GET /graphql", { ...json, ...stream, Accept: "text/event-stream" });
    await begun("POST /graphql", { ...json, ...stream });
    await begun("DELETE /graphql?operationId=1", { ...json, ...stream });
    await begun("POST /images", { ...mine, "Content-Type": "image/png" });
    await begun("POST /images", { ...mine, ...form });
    await begun("POST /images", form);
    for (const route of routes) for (const headers of [json, { ...json, ...mine }]) await begun(route, headers);
    await begun("DELETE /access", json);
    await begun("GET /access/callback", json);
    await begun("POST /access/callback", json);
    await begun("GET /healthz", json);
    await begun("POST /nowhere", json);

    const open = () => clients.filter(({ isClosed }) => !isClosed);
    let dripped = 0;
    const drip = () => {
      for (const [index, { socket, isClosed }] of clients.entries())
        if (index % 2 === 0 && !isClosed && dripped < MOST_DRIPS) socket.write(" ");
      dripped++;
      vi.advanceTimersByTime(DRIP_MS);
    };
    await until(() => {
      drip();
      return dripped * DRIP_MS >= BODY_MS - 10 * DRIP_MS;
    });
    expect(waiting.map(({ isClosed, answer }) => [isClosed, answer])).toEqual(waiting.map(() => [false, "HTTP/1.1 100 Continue\r\n\r\n"]));
    await until(() => {
      drip();
      return open().length === 0 || dripped > MOST_DRIPS;
    });
    expect(open().map(({ route }) => route)).toEqual([]);
    const uploads = clients.filter(({ route }) => route === "POST /images").map(({ answer }) => answer);
    expect(uploads.slice(0, 4)).toEqual(Array(4).fill(expect.stringContaining("The upload was too slow or stalled")));
  } finally {
    vi.useRealTimers();
    for (const { socket } of clients) socket.destroy();
  }
});

test("a head that comes byte by byte, stops or never begins ends its connection", async () => {
  const half = `GET /healthz HTTP/1.1\r\nHost: ${new URL(running.address).host}\r\nX-Slow: `;
  const clients = [begin("drips", half), begin("stops", half), begin("never begins", "")];
  const drip = setInterval(() => {
    if (!clients[0]?.isClosed) clients[0]?.socket.write("x");
  }, HEAD_MS / 10);
  await expect.poll(() => clients.filter(({ isClosed }) => !isClosed).map(({ route }) => route), { timeout: 20_000 }).toEqual([]);
  clearInterval(drip);
  expect(clients.map(({ answer }) => answer.split("\r\n")[0])).toEqual(Array(3).fill("HTTP/1.1 408 Request Timeout"));
});
