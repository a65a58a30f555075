import { createHash } from "node:crypto";
import { request } from "node:http";
import { getIntrospectionQuery } from "graphql";
import { describe, expect, test } from "vitest";
import WebSocket from "ws";
import { apiLimits } from "../../server/api/limits.js";
import { appOfFile } from "../helpers/app.js";
import type { Answer } from "../helpers/graphql-client.js";

const running = appOfFile({ origins: ["https://studio.example"] });

const nested = (depth: number) => `{ ${"session(id: 1) { ".repeat(depth)}id${" }".repeat(depth)} }`;
const aliases = (count: number) => `{ ${Array.from({ length: count }, (_, index) => `a${index}: server { version }`).join(" ")} }`;
const types = (depth: number) => `{ __type(name: "Frame") { ${"ofType { ".repeat(depth)}name${" }".repeat(depth)} } }`;
/** Lists of types whose fields have types whose fields …: each level multiplies the answer. */
const typesOfTypes = (levels: number) => `{ __schema { types { ${"fields { type { ".repeat(levels)}name${" } }".repeat(levels)} } } }`;
const page = (first: number, fields: string) =>
  `{ sessions(first: ${first}) { edges { node { frames(first: ${first}) { edges { node { ${fields} } } } } } } }`;
const laughs = `{ ...a0 } ${Array.from({ length: 30 }, (_, i) => `fragment a${i} on Query { x${i}: __typename ...a${i + 1} ...a${i + 1} }`).join(" ")} fragment a30 on Query { __typename }`;

const aliased = (count: number, field: string) => Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(" ");
const paintings = (first: number, fields: string) =>
  `{ sessions(first: ${first}) { edges { node { ... on StyleTransferSession { ${fields} } } } } }`;
const curve = (points: string) => `losses${points} { step total content style tv }`;
const unreached = (fields: number) => `{ server { version } } fragment Unreached on Frame { ${"id ".repeat(fields)} }`;

async function overHttp(query: string): Promise<Answer<unknown>> {
  return running.client.send(query);
}

async function overWebSocket(query: string): Promise<Answer<unknown>> {
  try {
    for await (const answer of running.client.subscribe(query)) return answer;
  } catch (errors) {
    return { errors: errors as Answer<unknown>["errors"] & object };
  }
  throw new Error("There was no answer.");
}

describe.each([
  ["HTTP", overHttp],
  ["WebSocket", overWebSocket],
])("over %s", (_name, send) => {
  test.each([
    ["a query 50 deep", nested(50), apiLimits.maxDepth],
    ["introspection 50 deep", types(50), apiLimits.maxIntrospectionDepth],
    ["introspection of types of types, 50 times", typesOfTypes(50), apiLimits.maxIntrospectionDepth],
    ["150 aliases", aliases(150), apiLimits.maxAliases],
    ["10,000 aliases", aliases(10_000), apiLimits.maxTokens],
    ["fragments that double 30 times", laughs, apiLimits.maxAliases],
    ["too many pictures in one answer", page(100, "data"), apiLimits.maxCost],
    ["95 long loss curves of 100 sessions", paintings(100, aliased(95, "losses(points: 5000) { step total }")), apiLimits.maxCost],
    ["a long loss curve of 100 sessions", paintings(100, curve("(points: 5000)")), apiLimits.maxCost],
    ["loss curves whose length is a variable", `query ($points: Int) ${paintings(100, curve("(points: $points)"))}`, apiLimits.maxCost],
    ["two loss curves without a length", paintings(100, aliased(2, curve(""))), apiLimits.maxCost],
    [
      "loss curves in a fragment",
      `{ sessions(first: 100) { edges { node { ...a } } } } fragment a on StyleTransferSession { ${curve("(points: 5000)")} }`,
      apiLimits.maxCost,
    ],
    ["10 short loss curves of 100 sessions", paintings(100, aliased(10, "losses(points: 2) { step }")), apiLimits.maxCost],
    ["40 latest frames of 100 sessions", paintings(100, aliased(40, "latestFrame { step url }")), apiLimits.maxCost],
    ["40 content pictures of 100 sessions", paintings(100, aliased(40, "content { id url }")), apiLimits.maxCost],
    ["fields of an unused fragment", unreached(501), apiLimits.maxFields],
  ])("%s is refused", async (_what, query, limit) => {
    const { data, errors } = await send(query);
    expect(data ?? null).toBeNull();
    expect(errors?.[0]?.extensions).toEqual({ code: "LIMIT", limit, max: limit, limitName: expect.any(String) });
  });

  test.each([
    ["an unknown field", "{ nothing }"],
    ["text that is not GraphQL", "{ server { version"],
    ["a fragment that spreads itself", "{ ...a } fragment a on Query { ...a }"],
    ["a value of another type", "{ sessions(first: true) { totalCount } }"],
    ["a number beyond integers", "{ sessions(first: 99999999999) { totalCount } }"],
    ["an unknown enum value", "{ sessions(filter: { status: [ASLEEP] }) { totalCount } }"],
    ["text that is not a date", '{ sessions(filter: { createdAfter: "yesterday" }) { totalCount } }'],
    ["a variable that is not given", "query ($id: ID!) { session(id: $id) { id } }"],
    ["an empty document", " "],
  ])("%s is bad input", async (_what, query) => {
    expect((await send(query)).errors?.[0]?.extensions.code).toBe("BAD_INPUT");
  });

  test.each([3, 5, 8])(
    "introspection that lists the types of fields of types %d times is refused, although it is not too deep",
    async (levels) => {
      const { data, errors } = await send(typesOfTypes(levels));
      expect(data ?? null).toBeNull();
      expect(errors?.[0]?.extensions.code).toBe("BAD_INPUT");
    },
  );

  test("introspection passes", async () => {
    expect((await send(getIntrospectionQuery())).errors).toBeUndefined();
  });

  test.each([
    ["frames of a gallery", page(100, "id url step width height losses { total content style tv }")],
    [
      "the longest loss curve of one painting",
      `query ($points: Int) { session(id: "x") { ... on StyleTransferSession { ${curve("(points: $points)")} } } }`,
    ],
    ["a page of loss curves", paintings(20, curve(""))],
    [
      "latest frames of 100 sessions",
      paintings(100, "title latestFrame { step url losses { total } } content { url } styles { image { url } }"),
    ],
  ])("%s: passes", async (_what, query) => {
    expect((await send(query)).errors).toBeUndefined();
  });
});

test("the error names a value that cannot be read", async () => {
  const query = "query ($filter: SessionFilter) { sessions(filter: $filter) { totalCount } }";
  const created = await running.client.refusal(query, { filter: { createdAfter: "yesterday" } });
  expect(created).toEqual({ code: "BAD_INPUT", field: "filter.createdAfter" });
  expect(await running.client.refusal(query, { filter: { statuses: [] } })).toMatchObject({ code: "BAD_INPUT" });
});

test("a request that is too large is refused, and the server keeps running", async () => {
  const { errors } = await overHttp(`{ server { version } } #${"x".repeat(apiLimits.maxRequestBytes)}`);
  expect(errors?.[0]?.extensions).toEqual({
    code: "LIMIT",
    limit: apiLimits.maxRequestBytes,
    max: apiLimits.maxRequestBytes,
    unit: "bytes",
    limitName: "messageBytes",
  });
  expect(await running.client.query("{ server { version } }")).toEqual({ server: { version: "1.2.3" } });
});

test.each([
  ["an argument", 'query ($id: ID = "x") { session(id: $id) { id } }', { id: null }, "id"],
  ["a directive's argument", "query ($if: Boolean = true) { server { version @include(if: $if) } }", { if: null }, "if"],
])("null where it is not allowed is bad input: %s", async (_what, query, variables, field) => {
  expect(await running.client.refusal(query, variables)).toEqual({ code: "BAD_INPUT", field });
});

test("no page may embed GraphiQL", async () => {
  const response = await fetch(`${running.address}/graphql`, { headers: { Accept: "text/html" } });
  expect([response.status, response.headers.get("x-frame-options")]).toEqual([200, "DENY"]);
});

test("a subscription over HTTP is bad input", async () => {
  expect(await running.client.refusal("subscription { sessions { id } }")).toEqual({ code: "BAD_INPUT" });
});

test("a document cannot be sent as a hash", async () => {
  const query = "{ server { version } }";
  const sha256Hash = createHash("sha256").update(query).digest("hex");
  const send = (body: object) =>
    fetch(`${running.address}/graphql`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...body, extensions: { persistedQuery: { version: 1, sha256Hash } } }),
    });
  await send({ query });
  expect(await (await send({})).json()).toMatchObject({
    errors: [{ message: "PersistedQueryNotSupported", extensions: { code: "BAD_INPUT" } }],
  });
});

test("a body that is not JSON is bad input", async () => {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`${running.address}/graphql`, { method: "POST", headers, body: "{" });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_INPUT" } }] });
});

test("a request that a web form can send is refused, and the error says what to send", async () => {
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
    const body = JSON.stringify({ query: "{ server { version } }" });
    const response = await fetch(`${running.address}/graphql`, { method: "POST", headers: { "Content-Type": type }, body });
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as Answer<unknown>;
    expect(errors).toEqual([{ message: expect.stringMatching(/Content-Type: application\/json/), extensions: { code: "BAD_INPUT" } }]);
  }
});

test("a query by GET is refused with an explanation, unless a header says that no web form sent it", async () => {
  const address = `${running.address}/graphql?query={server{version}}`;
  const refused = await fetch(address);
  const { errors } = (await refused.json()) as Answer<unknown>;
  expect([refused.status, errors?.[0]?.extensions]).toEqual([400, { code: "BAD_INPUT" }]);
  for (const words of ["CSRF", "Apollo-Require-Preflight", "POST", "preferGetMethod: false"]) expect(errors?.[0]?.message).toContain(words);
  for (const headers of [{ "Apollo-Require-Preflight": "1" }, { "Content-Type": "application/json" }] as Record<string, string>[]) {
    expect(await (await fetch(address, { headers })).json()).toMatchObject({ data: { server: { version: "1.2.3" } } });
  }
});

test("a page of a foreign origin is refused on HTTP", async () => {
  const { port } = new URL(running.address);
  const status = (origin: string) =>
    new Promise((resolve, reject) => {
      const headers = { Origin: origin, "Content-Type": "application/json" };
      const sent = request({ host: "127.0.0.1", port, path: "/graphql", method: "POST", headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on("error", reject);
      sent.end(JSON.stringify({ query: "{ server { version } }" }));
    });
  expect(await status("https://evil.example")).toBe(403);
  expect(await status("null")).toBe(403);
  expect(await status(running.address)).toBe(200);
  expect(await status("https://studio.example")).toBe(200);
});

test("a page of a foreign origin is refused on the WebSocket", async () => {
  const { host } = new URL(running.address);
  const open = (headers: Record<string, string | string[]>) =>
    new Promise<number>((resolve) => {
      const socket = new WebSocket(`${running.address.replace("http", "ws")}/graphql`, "graphql-transport-ws", {
        headers: headers as Record<string, string>,
      });
      socket.on("error", () => undefined);
      socket.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
      socket.on("open", () => {
        socket.close();
        resolve(101);
      });
    });
  expect(await open({ Origin: "https://evil.example" })).toBe(403);
  expect(await open({ Host: "evil.example" })).toBe(403);
  expect(await open({ Origin: running.address })).toBe(101);
  expect(await open({ Origin: "https://studio.example" })).toBe(101);
  expect(await open({ Host: [host, host] })).toBe(400);
  expect(await open({})).toBe(101);
});

test("each socket has a limit of operations, and other sockets are not affected", async () => {
  const watching = Array.from({ length: apiLimits.maxSubscriptionsPerSocket }, () =>
    running.client.subscribe("subscription { sessions { id } }"),
  );
  const first = watching.map((one) => one.next());
  // The answer to a later operation on the same socket shows that the earlier ones have begun.
  const refused = await overWebSocket("{ server { version } }");
  expect(refused.errors?.[0]?.extensions).toEqual({
    code: "LIMIT",
    limit: apiLimits.maxSubscriptionsPerSocket,
    max: apiLimits.maxSubscriptionsPerSocket,
    ...{ limitName: "subscriptionsPerSocket", unit: "operations", retryAfter: expect.any(Number) },
  });
  for (const one of watching) await one.return?.();
  await Promise.all(first);
});

test.each([
  ["beta: -3", "input.beta", "beta must be a number from 0 to 1000000.", { min: 0, max: 1e6 }],
  ["size: 9", "input.size", "size must be a whole number from 32 to 2048.", { min: 32, max: 2048, unit: "px" }],
])("an error says what is allowed, in words and typed: %s", async (given, field, message, allowed) => {
  const image = running.imageId;
  const mutation = `mutation { startStyleTransfer(input: { contentId: "${image}", styles: [{ imageId: "${image}" }], ${given} }) { id } }`;
  const { errors } = await running.client.send(mutation);
  expect(errors?.[0]?.message).toBe(message);
  expect(errors?.[0]?.extensions).toEqual({ code: "BAD_INPUT", field, limit: `${allowed.min}..${allowed.max}`, ...allowed });
});
