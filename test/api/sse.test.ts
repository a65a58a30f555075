import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { type Client, createClient } from "graphql-sse";
import { afterEach, expect, test, vi } from "vitest";
import { apiLimits } from "../../server/api/limits.js";
import { aFrame } from "../contracts/records.js";
import { startSession } from "../helpers/app.js";
import { eventually } from "../helpers/eventually.js";
import type { GraphqlClient } from "../helpers/graphql-client.js";
import { inTime } from "../helpers/in-time.js";
import { partiesOfFile } from "../helpers/parties.js";

const WATCH =
  "subscription ($id: ID!, $after: Int) { session(id: $id, afterStep: $after) { ... on Frame { step } ... on SessionChange { session { status } } } }";
const TOKEN = "X-GraphQL-Event-Stream-Token";
/** The longest silence after which the studio takes its stream for lost, ms. */
const LOST_AFTER_MS = 25_000;
// Nobody but admins starts a session here.
const parties = partiesOfFile({
  limits: { openSessions: 0 },
  storageOfApp: (storage) => ({
    ...storage,
    recentFrames: { ...storage.recentFrames, latest: async (id) => held.then(() => storage.recentFrames.latest(id)) },
  }),
});
/** Reads of a session's newest frame wait for it. */
let held: Promise<void> = Promise.resolve();
const { running } = parties;
const opened: Client<true>[] = [];

afterEach(async () => {
  for (const client of opened.splice(0)) client.dispose();
  await eventually(() => expect(running.app.broker.viewerCount).toBe(0));
});

/** graphql-sse's own client, which never connects again by itself. */
function streamOf(client: GraphqlClient): Client<true> {
  const stream = createClient({
    singleConnection: true,
    url: `${running.address}/graphql`,
    headers: { ...client.credentials },
    retryAttempts: 0,
  });
  opened.push(stream);
  return stream;
}

const send = (client: GraphqlClient, method: string, headers: Record<string, string> = {}, query?: string, id = "1") =>
  fetch(`${running.address}/graphql`, {
    method,
    headers: { ...client.credentials, ...(query === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
    ...(query === undefined ? {} : { body: JSON.stringify({ query, extensions: { operationId: id } }) }),
  });

async function reserve(client: GraphqlClient): Promise<string> {
  const response = await send(client, "PUT");
  expect(response.status).toBe(201);
  return response.text();
}

/** The steps of a session as they come, and the end of its subscription. */
function watch(client: GraphqlClient, id: string, after: number | null = null) {
  const steps: number[] = [];
  const failures: unknown[] = [];
  const events = streamOf(client).iterate<{ session: { step?: number } | null }>({ query: WATCH, variables: { id, after } });
  const ended = (async () => {
    for await (const { data, errors } of events) {
      if (errors) failures.push(...errors);
      if (data?.session?.step !== undefined) steps.push(data.session.step);
    }
  })();
  // A test that does not await the end must not fail by it.
  ended.catch(() => undefined);
  return { steps, failures, ended };
}

test("a session's subscription yields every step, and afterStep resumes without a gap or a duplicate", async () => {
  const id = await startSession(running);
  await running.host.claim();
  for (let step = 0; step < 3; step++) await running.host.paint(id, step);
  const { client } = parties.clients.ADMIN;
  const [early, late] = [watch(client, id, -1), watch(client, id, 1)];
  await eventually(() => expect([early.steps.length, late.steps.length]).toEqual([3, 1]));
  for (let step = 3; step < 6; step++) {
    await running.host.paint(id, step);
    await eventually(() => expect([early.steps.at(-1), late.steps.at(-1)]).toEqual([step, step]));
  }
  await running.host.end(id, "COMPLETED");
  await early.ended;
  await late.ended;
  expect(early.steps).toEqual([0, 1, 2, 3, 4, 5]);
  expect(late.steps).toEqual([2, 3, 4, 5]);
});

test("a client that does not read gets the newest frame, in bounded memory, and delays no other", async () => {
  const FRAMES = 1000;
  const picture = Buffer.alloc(100_000, 7);
  const id = await startSession(running);
  await running.host.claim();
  const { client } = parties.clients.ADMIN;
  const token = await reserve(client);
  const { hostname, port, host } = new URL(running.address);
  const socket = connect(Number(port), hostname);
  socket.write(
    `GET /graphql?token=${token} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\nAuthorization: ${client.credentials.Authorization}\r\n\r\n`,
  );
  await once(socket, "data");
  socket.pause();
  const INLINE = `subscription { session(id: "${id}", inline: true) { ... on Frame { step data } } }`;
  expect((await send(client, "POST", { [TOKEN]: token }, INLINE)).status).toBe(202);
  const other = watch(client, id);
  await eventually(() => expect(running.app.broker.viewersOf(id)).toBe(2));
  for (let step = 0; step < FRAMES; step++) {
    await running.bus.publish(`session:${id}`, { type: "frame", frame: aFrame(id, step), picture });
    await turn();
  }
  await eventually(() => expect(other.steps.at(-1)).toBe(FRAMES - 1));
  let text = "";
  let bytes = 0;
  const got: number[] = [];
  socket.on("data", (chunk) => {
    bytes += chunk.byteLength;
    text += chunk;
    for (const [, step] of text.matchAll(/"step":(\d+)/g)) got.push(Number(step));
    text = text.slice(-12).replace(/"step":\d+/g, "");
  });
  socket.resume();
  await eventually(() => expect(got.at(-1)).toBe(FRAMES - 1));
  // All frames as text would take 133 MB.
  expect(bytes).toBeLessThan(40e6);
  socket.destroy();
});

test("an answer reports what its operation costs, as over HTTP", async () => {
  const { client } = parties.clients.ADMIN;
  const query = "{ sessions(first: 10) { edges { node { id } } } }";
  const { value } = await streamOf(client).iterate({ query }).next();
  const { extensions } = (await client.send(query)) as { extensions?: Record<string, unknown> };
  expect(extensions).toMatchObject({ cost: { asked: expect.any(Number), limit: expect.any(Number) } });
  expect(value).toMatchObject({ extensions });
});

test("an operation can be stopped, and its place is free again", async () => {
  const id = await startSession(running);
  await running.host.claim();
  const { client } = parties.clients.ADMIN;
  const token = await reserve(client);
  const stream = await send(client, "GET", { [TOKEN]: token, Accept: "text/event-stream" });
  expect(stream.headers.get("X-Accel-Buffering")).toBe("no");
  expect(stream.headers.get("Cache-Control")).toBe("no-cache, no-transform");
  const begin = (operation: string) =>
    send(client, "POST", { [TOKEN]: token }, `subscription { session(id: "${id}") { __typename } }`, operation);
  const limit = apiLimits.maxSubscriptionsPerSocket;
  for (let operation = 0; operation < limit; operation++) expect((await begin(String(operation))).status).toBe(202);
  const refused = await begin("beyond");
  expect([refused.status, ((await refused.json()) as { errors: unknown[] }).errors[0]]).toMatchObject([
    429,
    { extensions: { code: "LIMIT", limit, retryAfter: expect.any(Number) } },
  ]);
  expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
  const url = `${running.address}/graphql?operationId=0`;
  expect((await fetch(url, { method: "DELETE", headers: { ...client.credentials, [TOKEN]: token } })).status).toBe(200);
  await eventually(async () => expect((await begin("again")).status).toBe(202));
  expect((await send(client, "GET", { [TOKEN]: token, Accept: "text/event-stream" })).status).toBe(409);
  await stream.body?.cancel();
});

test("errors have the form that they have over the WebSocket", async () => {
  const { client } = parties.clients.ADMIN;
  for (const query of ["{ nothing }", `{ ${"a ".repeat(5000)} }`, 'subscription { session(id: "x") { __typename } }']) {
    const iterator = streamOf(client).iterate({ query });
    const { value } = await iterator.next();
    const overSocket = await client
      .subscribe(query)
      .next()
      .then(
        ({ value }) => value.errors,
        (errors: unknown) => errors,
      );
    expect(JSON.parse(JSON.stringify(value.errors))).toEqual(JSON.parse(JSON.stringify(overSocket)));
  }
});

test("what a role may not do, input that is wrong and limits are refused as they are over the WebSocket", async () => {
  const { ARTIST, STRANGER } = parties.clients;
  const { id, contentId } = await parties.paint("somebody", "PUBLIC");
  const input = { contentId, styles: [{ imageId: contentId }] };
  const start = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
  const refusals: [GraphqlClient, string, Record<string, unknown>, object][] = [
    [STRANGER.client, "subscription { sessions { id } }", {}, { code: "UNAUTHENTICATED" }],
    [ARTIST.client, "mutation ($id: ID!) { deleteSession(sessionId: $id) }", { id }, { code: "FORBIDDEN" }],
    [ARTIST.client, start, { input: { ...input, steps: 0 } }, { code: "BAD_INPUT", field: "input.steps", min: 1 }],
    [ARTIST.client, start, { input }, { code: "LIMIT", limitName: "openSessions", limit: 0, retryAfter: 10 }],
  ];
  for (const [client, query, variables, extensions] of refusals) {
    const { value } = await streamOf(client).iterate({ query, variables }).next();
    const overSocket = await client
      .subscribe(query, variables)
      .next()
      .then(({ value }) => value.errors);
    expect(value.errors).toMatchObject([{ extensions }]);
    expect(JSON.parse(JSON.stringify(value.errors))).toEqual(JSON.parse(JSON.stringify(overSocket)));
  }
});

test("a silent stream gets something well before the studio would take it for lost", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"], shouldClearNativeTimers: true });
  try {
    const { client } = parties.clients.ADMIN;
    const stream = await send(client, "GET", { [TOKEN]: await reserve(client), Accept: "text/event-stream" });
    const reader = stream.body!.getReader();
    const read = async () => Buffer.from((await reader.read()).value ?? []).toString();
    expect(await read()).toBe(":\n\n");
    for (let time = 0; time < 3; time++) {
      const next = read();
      // Twice, so that one that is lost on the way ends nothing.
      vi.advanceTimersByTime(LOST_AFTER_MS / 2);
      expect(await next).toBe(":\n\n");
    }
    await reader.cancel();
  } finally {
    vi.useRealTimers();
  }
});

test("a stranger may not list, nor read the schema", async () => {
  const { client } = parties.clients.STRANGER;
  for (const query of ["subscription { sessions { id } }", "{ __schema { queryType { name } } }"]) {
    const { value } = await streamOf(client).iterate({ query }).next();
    expect(value.errors[0].extensions.code).toBe("UNAUTHENTICATED");
  }
});

test("unknown tokens, tokens of others, foreign pages and false secrets are refused", async () => {
  const token = await reserve(parties.owner.client);
  const open = (client: GraphqlClient, headers: Record<string, string>) => send(client, "GET", { Accept: "text/event-stream", ...headers });
  expect((await open(parties.owner.client, {})).status).toBe(400);
  expect((await open(parties.owner.client, { [TOKEN]: "wrong" })).status).toBe(404);
  for (const { client } of Object.values(parties.clients)) {
    expect((await open(client, { [TOKEN]: token })).status).toBe(404);
    expect((await send(client, "POST", { [TOKEN]: token }, "{ server { version } }")).status).toBe(404);
  }
  expect((await send(parties.owner.client, "PUT", { Origin: "https://evil.example" })).status).toBe(403);
  expect((await open(parties.owner.client, { [TOKEN]: token, Origin: "https://evil.example" })).status).toBe(403);
  expect((await send(parties.owner.client, "PUT", { Authorization: "Bearer wrong" })).status).toBe(401);
  const stream = await open(parties.owner.client, { [TOKEN]: token });
  expect(stream.status).toBe(200);
  await stream.body?.cancel();
});

test("a revoked link ends its stream", async () => {
  const { client, linkId } = await parties.someone("VIEWER");
  const session = await parties.paint("somebody", "PUBLIC", { status: "RUNNING", finishedAt: null });
  const { ended } = watch(client, session.id);
  await eventually(() => expect(running.app.broker.viewersOf(session.id)).toBe(1));
  await running.app.links.revoke(linkId);
  await expect(inTime(ended)).rejects.toThrow();
  await eventually(() => expect(running.app.broker.viewersOf(session.id)).toBe(0));
  expect((await send(client, "PUT")).status).toBe(401);
});

test("a subscription that has not quite begun when its stream ends does not begin", async () => {
  const { client, linkId } = await parties.someone("VIEWER");
  const session = await parties.paint("somebody", "PUBLIC", { status: "RUNNING", finishedAt: null });
  const token = await reserve(client);
  const stream = await send(client, "GET", { [TOKEN]: token, Accept: "text/event-stream" });
  let release = (): void => undefined;
  held = new Promise((resolve) => {
    release = resolve;
  });
  const query = `subscription { session(id: "${session.id}") { __typename } }`;
  const begun = send(client, "POST", { [TOKEN]: token }, query);
  await eventually(() => expect(running.app.broker.viewersOf(session.id)).toBe(1));
  await running.app.links.revoke(linkId);
  // It ends, and that it may be cut off is no matter.
  await stream.text().catch(() => "");
  release();
  await (await begun).text();
  await eventually(() => expect(running.app.broker.viewersOf(session.id)).toBe(0));
});

test("a session that is made private ends what others watch of it, and its owner's stays", async () => {
  const [owner, guest] = [await parties.someone("ARTIST"), await parties.someone("VIEWER")];
  const session = await parties.paint(owner.ownerId, "PUBLIC", { status: "RUNNING", finishedAt: null });
  const [kept, lost] = [watch(owner.client, session.id), watch(guest.client, session.id)];
  await eventually(() => expect(running.app.broker.viewersOf(session.id)).toBe(2));
  await owner.client.query("mutation ($id: ID!) { setVisibility(sessionId: $id, visibility: PRIVATE) { id } }", { id: session.id });
  await inTime(lost.ended);
  await eventually(() => expect(running.app.broker.viewersOf(session.id)).toBe(1));
  expect([...kept.failures, ...lost.failures]).toEqual([]);
});

test("a link that expires ends its stream by itself", async () => {
  const expiresAt = new Date(Date.now() + 1500);
  const { client } = await parties.someone("VIEWER", expiresAt);
  const session = await parties.paint("somebody", "PUBLIC", { status: "RUNNING", finishedAt: null });
  const { ended } = watch(client, session.id);
  await eventually(() => expect(running.app.broker.viewersOf(session.id)).toBe(1));
  await expect(inTime(ended)).rejects.toThrow();
  expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime());
  await eventually(() => expect(running.app.broker.viewersOf(session.id)).toBe(0));
  expect((await send(client, "PUT")).status).toBe(401);
});

test("a stream that was opened outlives the time in which one must be opened", async () => {
  const { client } = parties.clients.ADMIN;
  const id = await startSession(running);
  const kept = watch(client, id);
  await eventually(() => expect(running.app.broker.viewerCount).toBe(1));
  // This reservation, which nobody opens, was made later and so ends later.
  const unopened = await reserve(client);
  const isGone = async () => (await send(client, "DELETE", { [TOKEN]: unopened })).status === 404;
  await expect.poll(isGone, { timeout: 4 * apiLimits.connectionInitTimeoutMs, interval: 250 }).toBe(true);
  expect(running.app.broker.viewerCount).toBe(1);
  expect(kept.failures).toEqual([]);
});
