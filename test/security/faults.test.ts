import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type RunningApp, startApp } from "../helpers/app.js";
import type { GraphqlError } from "../helpers/graphql-client.js";

/** What a fault of the server may say in its log, and to no client. */
const secret = "/srv/atelier/data/blobs/4711";
let running: RunningApp;
let fault: Error;

beforeAll(async () => {
  running = await startApp();
  fault = Object.assign(new TypeError(`ENOENT: no such file, open '${secret}'`), { path: secret, sql: "SELECT hash FROM links" });
  vi.spyOn(running.storage.images, "find").mockRejectedValue(fault);
  vi.spyOn(running.storage.images, "findAll").mockRejectedValue(fault);
  vi.spyOn(running.storage.images, "list").mockRejectedValue(fault);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await running.close();
});

/** Neither the message of the fault, nor its stack, nor a file of the server. */
function expectBare(text: string): void {
  for (const part of [secret, "TypeError", "SELECT", "ENOENT", ".ts:", ".js:", "node_modules", "    at ", process.cwd()]) {
    expect(text).not.toContain(part);
  }
}

const query = "{ images { edges { node { id } } } }";
const shown = { message: "Something went wrong on the server.", extensions: { code: "INTERNAL" } };

test.each(["/images/abc", "/images/abc?w=64"])("a fault over HTTP says only that there was one: %s", async (path) => {
  const response = await fetch(running.address + path);
  const text = await response.text();
  expect([response.status, JSON.parse(text)]).toEqual([500, { code: "INTERNAL", message: "The server failed.", field: null, limit: null }]);
  expectBare(text + JSON.stringify([...response.headers]));
  expect(running.faults.splice(0)).toEqual([fault]);
});

test("a fault over GraphQL says only that there was one", async () => {
  const { errors } = await running.client.send(query);
  expect(errors).toMatchObject([shown]);
  expectBare(JSON.stringify(errors));
  expect(running.faults.splice(0)).toEqual([fault]);
});

test("a fault over the WebSocket says only that there was one", async () => {
  const errors: (readonly GraphqlError[] | undefined)[] = [];
  try {
    for await (const answer of running.client.subscribe(query)) errors.push(answer.errors);
  } catch (thrown) {
    errors.push(thrown as GraphqlError[]);
  }
  expect(errors).toMatchObject([[shown]]);
  expectBare(JSON.stringify(errors));
  expect(running.faults.splice(0)).toEqual([fault]);
});

test.each([
  ["/graphql", "application/json", "{"],
  ["/graphql", "application/json", '{"query": 1}'],
  ["/graphql", "application/json", '{"query": "{ sessions(first: {}) { totalCount } }"}'],
  ["/access", "application/json", "{"],
  ["/images", "multipart/form-data; boundary=x", "--x\r\nbroken"],
  ["/%E0%A4%A", "application/json", "{}"],
])("bad input at %s shows no file of the server either", async (path, type, body) => {
  const response = await fetch(running.address + path, { method: "POST", headers: { "Content-Type": type }, body });
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.status).toBeLessThan(500);
  expectBare(await response.text());
  expect(running.faults).toEqual([]);
});
