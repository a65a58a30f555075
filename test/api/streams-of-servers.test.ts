import { createClient } from "graphql-sse";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openEmbeddedBus } from "../../server/bus/embedded.js";
import { openEmbeddedReservations } from "../../server/streams/embedded.js";
import { StreamRelay } from "../../server/streams/relay.js";
import { type AppOptions, type RunningApp, startApp, startSession } from "../helpers/app.js";
import { eventually } from "../helpers/eventually.js";
import { LossyBus } from "../helpers/lossy-bus.js";

const TOKEN = "X-GraphQL-Event-Stream-Token";
const WATCH = "subscription ($id: ID!) { session(id: $id, afterStep: -1) { ... on Frame { step } } }";

let bus: LossyBus;
/** Two servers that share storage, reservations and a bus. */
let [here, there]: RunningApp[] = [];
const opened: Response[] = [];

beforeAll(async () => {
  const reservations = openEmbeddedReservations();
  const options: AppOptions = {
    accessMode: "LINK",
    openBus: (report) => (bus ??= new LossyBus(openEmbeddedBus(report))),
    streams: (bus, report) => ({ reservations, relay: new StreamRelay({ bus, report, acceptedWithinMs: 1500 }) }),
  };
  here = await startApp(options);
  there = await startApp({ ...options, beside: here });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ body }) => body?.cancel()));
  for (const { app } of [here!, there!]) await eventually(() => expect(app.broker.viewerCount).toBe(0));
});
afterAll(async () => {
  expect([...here!.faults, ...there!.faults]).toEqual([]);
  await there!.close();
  await here!.close();
});

interface Sent {
  token?: string;
  query?: string;
  id?: string;
  /** Who asks; by default the admin whose stream it is. */
  credentials?: Record<string, string>;
}

function send(to: RunningApp, method: string, { token, query, id = "1", credentials = here!.client.credentials }: Sent = {}) {
  const headers = { ...credentials, ...(token === undefined ? {} : { [TOKEN]: token }) };
  if (method === "GET") return fetch(`${to.address}/graphql`, { headers: { ...headers, Accept: "text/event-stream" } });
  if (method !== "POST") return fetch(`${to.address}/graphql?operationId=${id}`, { method, headers });
  const body = JSON.stringify({ query, extensions: { operationId: id } });
  return fetch(`${to.address}/graphql`, { method, headers: { ...headers, "Content-Type": "application/json" }, body });
}

async function reserve(at: RunningApp): Promise<string> {
  return (await send(at, "PUT")).text();
}

async function open(at: RunningApp, token: string): Promise<Response> {
  const stream = await send(at, "GET", { token });
  if (stream.status === 200) opened.push(stream);
  return stream;
}

/** Reads a stream until its text holds something. */
async function readUntil({ body }: Response, wanted: string): Promise<string> {
  const reader = body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes(wanted)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`The stream ended before ${wanted}: ${text}`);
    text += decoder.decode(value, { stream: true });
  }
  reader.releaseLock();
  return text;
}

test("a client whose requests reach the servers in turns sees a painting from its first step to its end", async () => {
  const id = await startSession(here!);
  await here!.host.claim();
  let requests = 0;
  const client = createClient({
    singleConnection: true,
    url: () => `${[here!, there!][requests++ % 2]!.address}/graphql`,
    headers: { ...here!.client.credentials },
    retryAttempts: 0,
    // The address is asked for once for each stream.
    fetchFn: (url: string, init: RequestInit) => fetch(url.replace(/^http:\/\/[^/]+/, [here!, there!][requests++ % 2]!.address), init),
  });
  const watch = async () => {
    const steps: number[] = [];
    for await (const { data, errors } of client.iterate<{ session: { step?: number } }>({ query: WATCH, variables: { id } })) {
      if (errors) throw new Error(JSON.stringify(errors));
      if (data?.session.step !== undefined) steps.push(data.session.step);
    }
    return steps;
  };
  await here!.host.paint(id, 0);
  const watching = [watch(), watch(), watch()];
  await eventually(() => expect(here!.app.broker.viewersOf(id) + there!.app.broker.viewersOf(id)).toBe(3));
  await here!.host.paint(id, 1);
  await here!.host.end(id, "COMPLETED");
  expect(await Promise.all(watching)).toEqual([
    [0, 1],
    [0, 1],
    [0, 1],
  ]);
  client.dispose();
});

test("a stream opens once, at any server, and takes operations at every server", async () => {
  const token = await reserve(here!);
  const stream = await open(there!, token);
  expect(stream.status).toBe(200);
  expect([(await open(here!, token)).status, (await open(there!, token)).status]).toEqual([404, 409]);
  const query = "{ server { version } }";
  expect((await send(here!, "POST", { token, query, id: "a" })).status).toBe(202);
  expect((await send(there!, "POST", { token, query, id: "b" })).status).toBe(202);
  const text = await readUntil(stream, 'event: complete\ndata: {"id":"b"}');
  for (const id of ["a", "b"]) expect(text).toContain(`{"id":"${id}","payload":{"data":{"server":{"version":"1.2.3"}}`);
});

test("an operation ends through another server, and refusals arrive as from the stream's own", async () => {
  const id = await startSession(here!);
  const token = await reserve(here!);
  await open(here!, token);
  const query = `subscription { session(id: "${id}") { __typename } }`;
  expect((await send(there!, "POST", { token, query })).status).toBe(202);
  const [again, alien] = [await send(there!, "POST", { token, query }), await send(here!, "POST", { token, query })];
  expect([again.status, await again.json()]).toEqual([alien.status, await alien.json()]);
  expect(again.status).toBe(409);
  expect(here!.app.broker.viewersOf(id)).toBe(1);
  expect((await send(there!, "DELETE", { token })).status).toBe(200);
  await eventually(() => expect(here!.app.broker.viewersOf(id)).toBe(0));
});

test("a stream may be opened at another server while an operation is on its way", async () => {
  for (const [first, second] of [
    [here!, there!],
    [there!, here!],
  ] as const) {
    const token = await reserve(here!);
    const adding = send(first, "POST", { token, query: "{ server { version } }" });
    await readUntil(await open(second, token), "1.2.3");
    expect((await adding).status).toBe(202);
  }
});

test("an operation that is added before the stream is opened keeps the stream at the server that reserved it", async () => {
  const token = await reserve(here!);
  expect((await send(there!, "POST", { token, query: "{ server { version } }" })).status).toBe(202);
  expect((await open(there!, token)).status).toBe(404);
  await readUntil(await open(here!, token), "1.2.3");
});

test("others reach neither a reservation nor an open stream through any server", async () => {
  const { secret } = await here!.app.links.create({ name: "x", ownerId: "x", expiresAt: null }, { kind: "ACCESS", role: "VIEWER" });
  const other = { Authorization: `Bearer ${secret}` };
  const token = await reserve(here!);
  const asOther = { token, query: "{ server { version } }", credentials: other };
  const refused = async () => Promise.all(["GET", "POST", "DELETE"].map(async (method) => (await send(there!, method, asOther)).status));
  expect(await refused()).toEqual([404, 404, 404]);
  expect((await open(there!, token)).status).toBe(200);
  for (const at of [here!, there!]) expect((await send(at, "POST", asOther)).status).toBe(404);
  const unknown = { token: "no such-token", query: "{ server { version } }" };
  expect((await send(here!, "POST", unknown)).status).toBe(404);
  expect((await send(here!, "POST", { ...unknown, credentials: { Authorization: "Bearer wrong" } })).status).toBe(401);
});

test("a request that is lost on the way gets a 404, and the stream goes on", async () => {
  const token = await reserve(here!);
  const stream = await open(there!, token);
  bus.lose("stream:");
  expect((await send(here!, "POST", { token, query: "{ server { version } }" })).status).toBe(404);
  bus.recover();
  expect((await send(here!, "POST", { token, query: "{ server { version } }", id: "2" })).status).toBe(202);
  await readUntil(stream, "1.2.3");
});
