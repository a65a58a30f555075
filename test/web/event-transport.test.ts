import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TadaDocumentNode } from "gql.tada";
import { parse } from "graphql";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { startSession } from "../helpers/app";
import type { GraphqlClient } from "../helpers/graphql-client";
import { partiesOfFile } from "../helpers/parties";
import { until } from "../helpers/until";

const WATCH = "subscription ($id: ID!, $after: Int) { session(id: $id, afterStep: $after) { ... on Frame { step } } }";
/** Streams and sockets that one owner may have open. */
const PLACES = 4;
const parties = partiesOfFile({ limits: { openSessions: 0, ownSockets: PLACES } });
const { running } = parties;
const realFetch = globalThis.fetch;
const endings: AbortController[] = [];
/** Requests of the page, by method, and pieces of its streams that have arrived. */
let requests: string[];
let pieces: number;

beforeEach(() => {
  requests = [];
  pieces = 0;
});
afterEach(async () => {
  for (const ending of endings.splice(0)) ending.abort();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  await expect.poll(() => running.app.broker.viewerCount).toBe(0);
});

/** A page with someone's credentials, which follows by WebSockets or by events. */
async function openPage({ credentials }: GraphqlClient, kind: "sockets" | "events", address = running.address) {
  vi.resetModules();
  vi.stubGlobal("window", new EventTarget());
  vi.stubGlobal("sessionStorage", { getItem: () => (kind === "events" ? "events" : null), setItem: () => undefined });
  vi.stubGlobal("location", new URL(address));
  vi.stubGlobal(
    "WebSocket",
    class extends WebSocket {
      constructor(url: string, protocols: string) {
        super(url, protocols, { headers: credentials });
      }
    },
  );
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    requests.push(init.method ?? "GET");
    const response = await realFetch(new URL(url, address), { ...init, headers: { ...(init.headers as object), ...credentials } });
    if (init.method !== "GET" || !response.ok || !response.body) return response;
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        pieces++;
        controller.enqueue(piece);
      },
    });
    return new Response(response.body.pipeThrough(counted), { status: response.status });
  });
  const { follow } = await import("../../web/graphql/subscribe");
  return { follow };
}

/** Follows an operation; returns what comes of it as it comes. */
async function followed(client: GraphqlClient, kind: "sockets" | "events", query: string, variables: object, address?: string) {
  const { follow } = await openPage(client, kind, address);
  const ending = new AbortController();
  endings.push(ending);
  const seen = { steps: [] as number[], connections: [] as boolean[], refusal: null as unknown };
  follow({
    document: parse(query) as TadaDocumentNode<{ session?: { step?: number } | null }, Record<string, unknown>>,
    variables: () => ({ ...variables, ...(seen.steps.length > 0 ? { after: seen.steps.at(-1) } : {}) }),
    onEvent: ({ session }) => void (session?.step === undefined || seen.steps.push(session.step)),
    onConnection: (connected) => void seen.connections.push(connected),
    signal: ending.signal,
  }).catch((error: unknown) => {
    seen.refusal = error;
  });
  return seen;
}

const fakeClock = (...timers: ("setTimeout" | "setInterval")[]) =>
  vi.useFakeTimers({
    toFake: timers.flatMap((name) => [name, name === "setTimeout" ? "clearTimeout" : "clearInterval"] as const),
    shouldClearNativeTimers: true,
  });

test("a refusal is the same error by events as by the WebSocket", async () => {
  const { ARTIST, STRANGER } = parties.clients;
  const { id, contentId } = await parties.paint("somebody", "PUBLIC");
  const input = { contentId, styles: [{ imageId: contentId }] };
  const start = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
  const refusals: [GraphqlClient, string, object, object][] = [
    [STRANGER.client, "subscription { sessions { id } }", {}, { code: "UNAUTHENTICATED", field: null }],
    [ARTIST.client, "mutation ($id: ID!) { deleteSession(sessionId: $id) }", { id }, { code: "FORBIDDEN" }],
    [ARTIST.client, start, { input: { ...input, steps: 0 } }, { code: "BAD_INPUT", field: "input.steps" }],
    [ARTIST.client, "subscription { nothing }", {}, { name: "ServerError" }],
    [ARTIST.client, start, { input }, { code: "LIMIT" }],
  ];
  for (const [client, query, variables, expected] of refusals) {
    const errors = [];
    for (const kind of ["sockets", "events"] as const) {
      const seen = await followed(client, kind, query, variables);
      await expect.poll(() => seen.refusal).not.toBeNull();
      const { name, code, message, field } = seen.refusal as { name: string; code: string; message: string; field: string };
      errors.push({ name, code, message, field });
    }
    expect(errors[1]).toMatchObject({ name: "ServerError", ...expected });
    expect(errors[1]).toEqual(errors[0]);
  }
});

test("a stream on which nothing happens stays open", async () => {
  const id = await startSession(running);
  fakeClock("setTimeout", "setInterval");
  const seen = await followed(parties.clients.ADMIN.client, "events", WATCH, { id });
  await until(() => running.app.broker.viewersOf(id) === 1);
  for (let time = 0; time < 5; time++) {
    const before = pieces;
    vi.advanceTimersByTime(12_500);
    await until(() => pieces > before);
  }
  expect(seen).toEqual({ steps: [], connections: [true], refusal: null });
  expect(requests).toEqual(["PUT", "GET", "POST"]);
});

test("a stream that is silent for longer is lost: the page connects again and goes on where it was", async () => {
  const id = await startSession(running);
  await running.host.claim();
  await running.host.paint(id, 0);
  // Without its intervals, the server sends nothing by itself.
  fakeClock("setTimeout");
  const intervals = vi.spyOn(globalThis, "setInterval").mockReturnValue(0 as never);
  const seen = await followed(parties.clients.ADMIN.client, "events", WATCH, { id, after: -1 });
  await until(() => seen.steps.length === 1);
  vi.advanceTimersByTime(24_000);
  await running.host.paint(id, 1);
  await until(() => seen.steps.length === 2);
  vi.advanceTimersByTime(24_000);
  expect(seen.connections).toEqual([true]);
  vi.advanceTimersByTime(1_000);
  await until(() => seen.connections.length === 2);
  await running.host.paint(id, 2);
  await vi.advanceTimersByTimeAsync(500);
  await until(() => seen.steps.length === 3);
  expect([seen.steps, seen.connections]).toEqual([
    [0, 1, 2],
    [true, false, true],
  ]);
  intervals.mockRestore();
  await running.host.end(id, "COMPLETED");
});

test("a page whose link is revoked learns that it may not go on", async () => {
  const { client, linkId } = await parties.someone("VIEWER");
  const session = await parties.paint("somebody", "PUBLIC", { status: "RUNNING", finishedAt: null });
  const seen = await followed(client, "events", WATCH, { id: session.id });
  let told = 0;
  window.addEventListener("atelier:access-lost", () => told++);
  await expect.poll(() => running.app.broker.viewersOf(session.id)).toBe(1);
  await running.app.links.revoke(linkId);
  await expect.poll(() => seen.refusal).toMatchObject({ name: "ServerError", code: "UNAUTHENTICATED" });
  expect(told).toBe(1);
});

test("a page that finds no place for its stream tries again, as it does with a socket", async () => {
  const { client } = await parties.someone("VIEWER");
  const reserve = () => realFetch(`${running.address}/graphql`, { method: "PUT", headers: client.credentials });
  for (let place = 0; place < PLACES; place++) expect((await reserve()).status).toBe(201);
  expect((await reserve()).status).toBe(429);
  const session = await parties.paint("somebody", "PUBLIC", { status: "RUNNING", finishedAt: null });
  const seen = await followed(client, "events", WATCH, { id: session.id });
  await expect.poll(() => requests.filter((method) => method === "PUT").length).toBeGreaterThan(1);
  expect(seen.refusal).toBeNull();
  // Reservations that nobody opens end after a while.
  await expect.poll(() => running.app.broker.viewersOf(session.id)).toBe(1);
  expect(seen.refusal).toBeNull();
  expect([seen.connections[0], seen.connections.at(-1)]).toEqual([false, true]);
});

test("what is not answered in four seconds is a lost connection", async () => {
  const unanswered: ServerResponse[] = [];
  const answered = new Set<string>();
  const silent: Server = createServer((request, response) => {
    if (request.method === "PUT" && answered.has("PUT")) response.writeHead(201).end("token");
    else unanswered.push(response);
  }).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const address = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  fakeClock("setTimeout");
  const seen = await followed(parties.clients.ADMIN.client, "events", WATCH, { id: "x" }, address);
  for (const method of ["PUT", "GET"]) {
    await until(() => unanswered.length > 0);
    expect(requests.at(-1)).toBe(method);
    const before = seen.connections.length;
    await vi.advanceTimersByTimeAsync(3_999);
    expect(seen.connections.length).toBe(before);
    await vi.advanceTimersByTimeAsync(1);
    await until(() => seen.connections.length === before + 1);
    answered.add("PUT");
    unanswered.length = 0;
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(seen).toMatchObject({ connections: [false, false], refusal: null });
  silent.closeAllConnections();
  silent.close();
});
