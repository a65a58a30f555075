import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { GraphqlClient } from "./helpers/graphql-client.js";
import { dataFolder, ServerProcess } from "./helpers/server.js";
import { ask } from "./http/server.js";

let data: Awaited<ReturnType<typeof dataFolder>>;
let server: ServerProcess;
let client: GraphqlClient;

async function start(): Promise<void> {
  server = new ServerProcess({ ATELIER_DATA: data.folder, ATELIER_DEVICE: "cpu" });
  client = await server.client();
}

beforeAll(async () => {
  data = await dataFolder();
  await start();
});

afterAll(async () => {
  await client.close();
  await data.remove();
});

/** What a server says that does not start. */
async function failure(env: Record<string, string>): Promise<string> {
  const failing = new ServerProcess(env);
  expect(await failing.exitCode()).toBe(1);
  return failing.output.replaceAll(/^npm.*\n/gm, "").trim();
}

test("it serves, and gets ready without any model", async () => {
  expect((await fetch(`${client.address}/healthz`)).status).toBe(200);
  for (let status = 0; status !== 200; ) ({ status } = await fetch(`${client.address}/readyz`));
  const { server: info } = await client.query("{ server { version devices { name } } }");
  expect(info.devices).toHaveLength(1);
});

test("offline, a network that would be fetched is refused and said to be so", async () => {
  const { model } = await client.query(`{ model(id: "vgg19") { state } }`);
  expect(model).toEqual({ state: "AVAILABLE" });
  const { errors } = await client.send(`mutation { downloadModel(id: "vgg19") { id } }`);
  expect(errors?.[0]).toMatchObject({ message: expect.stringMatching(/ATELIER_OFFLINE/), extensions: { code: "UNAVAILABLE" } });
});

test("GraphiQL comes from this server alone", async () => {
  const { port } = new URL(client.address);
  const page = await ask(Number(port), "/graphql", { headers: { Accept: "text/html" } });
  expect(page.headers["content-type"]).toMatch("text/html");
  const html = page.body.toString();
  expect(html).toMatch("GraphiQL");
  expect(html).not.toMatch(/<(script|link|img)[^>]+(src|href)="(https?:)?\/\//);
  const again = await ask(Number(port), "/graphql", { headers: { Accept: "text/html", "If-None-Match": page.headers.etag ?? "" } });
  expect(again.status).toBe(304);
});

test("reports a data folder in use in one line", async () => {
  expect(await failure({ ATELIER_DATA: data.folder })).toMatch(/^Another server uses this data folder\.[^\n]*$/);
});

test("reports a bad variable in one line", async () => {
  expect(await failure({ ATELIER_DEVICE: "gpu" })).toMatch(/^ATELIER_DEVICE=gpu must be one of [^\n]*$/);
});

test.each(["SIGTERM", "SIGINT"] as const)("it ends in order on %s, and says so to its viewers", async (signal) => {
  const events = client.subscribe("subscription { sessions { id } }");
  const next = events.next().catch(() => ({ done: true }));
  // The answer to a later operation on the same socket says that the subscription has begun.
  await client.subscribe("{ server { version } }").next();
  expect(await server.end(signal)).toBe(0);
  expect(await next).toMatchObject({ done: true });
  await client.close();
  await start();
});

test("it ends in order without clients, and reports a port in use in one line", async () => {
  expect(await server.end()).toBe(0);
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const told = `Port ${port} is in use. Stop what uses it, or set PORT to another one.`;
  expect(await failure({ ATELIER_DATA: data.folder, PORT: String(port) })).toBe(told);
  taken.close();
});
