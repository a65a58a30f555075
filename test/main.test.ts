import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { removableDataFolder } from "./helpers/data-folder.js";
import type { GraphqlClient } from "./helpers/graphql-client.js";
import { emptyDataFolder, ServerProcess } from "./helpers/server.js";
import { until } from "./helpers/until.js";
import { ask } from "./http/server.js";

let data: Awaited<ReturnType<typeof emptyDataFolder>>;
let server: ServerProcess;
let client: GraphqlClient;

/** Prints which packages of OpenTelemetry a process has loaded when it ends. */
const tellLoaded = `import Module from "node:module";
  const loaded = () => Object.keys(Module._cache).flatMap((file) => file.split("@opentelemetry/")[1]?.split("/")[0] ?? []);
  process.on("exit", () => console.log("Loaded: " + [...new Set(loaded())].join()));`;

async function start(): Promise<void> {
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(tellLoaded)}`;
  server = new ServerProcess({ ATELIER_DATA: data.folder, ATELIER_DEVICE: "cpu", ATELIER_QUEUED_SESSIONS: "40", NODE_OPTIONS });
  client = await server.client();
}

beforeAll(async () => {
  data = await emptyDataFolder();
  await start();
});

afterAll(async () => {
  await client.close();
  await data.remove();
});

/** Output of a server that does not start, without the timestamp and level that its first line must have. */
async function failure(env: Record<string, string>): Promise<string> {
  const failing = new ServerProcess(env);
  expect(await failing.exitCode()).toBe(1);
  const output = failing.output.replaceAll(/^npm.*\n/gm, "").trim();
  const head = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ERROR /;
  expect(output).toMatch(head);
  return output.replace(head, "");
}

test("a server that does not start fails the test with its output", async () => {
  const failing = new ServerProcess({ PORT: "no-port" }).client();
  await expect(failing).rejects.toThrow(
    /^The server did not start: it ended with exit code 1\. Its output:\n\S+ ERROR PORT=no-port must be/,
  );
});

test("it serves requests, and becomes ready without any model", async () => {
  expect((await fetch(`${client.address}/healthz`)).status).toBe(200);
  await until(async () => (await fetch(`${client.address}/readyz`)).ok);
  const { server: info } = await client.query("{ server { version devices { name } limits { name value } } }");
  expect(info.devices).toHaveLength(1);
  expect(info.limits).toContainEqual({ name: "queuedSessions", value: 40 });
});

test("offline, the download of a model is refused with the reason", async () => {
  const { model } = await client.query(`{ model(id: "vgg19") { state } }`);
  expect(model).toEqual({ state: "AVAILABLE" });
  const { errors } = await client.send(`mutation { downloadModel(id: "vgg19") { id } }`);
  expect(errors?.[0]).toMatchObject({ message: expect.stringMatching(/ATELIER_OFFLINE/), extensions: { code: "UNAVAILABLE" } });
});

test("GraphiQL loads nothing from other servers", async () => {
  const { port } = new URL(client.address);
  const page = await ask(Number(port), "/graphql", { headers: { Accept: "text/html" } });
  expect(page.headers["content-type"]).toMatch("text/html");
  const html = page.body.toString();
  expect(html).toMatch("GraphiQL");
  expect(html).not.toMatch(/<(script|link|img)[^>]+(src|href)="(https?:)?\/\//);
  const again = await ask(Number(port), "/graphql", { headers: { Accept: "text/html", "If-None-Match": page.headers.etag ?? "" } });
  expect(again.status).toBe(304);
});

test("an uncaught error is logged like any other, and ends the server", async () => {
  const fault = `process.on("SIGTERM", () => { throw new TypeError("Uncaught on purpose."); });`;
  const other = await removableDataFolder();
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(`if (!process.send) { ${fault} }`)}`;
  const faulty = new ServerProcess({ ATELIER_DATA: other.folder, NODE_OPTIONS });
  await (await faulty.client()).close();
  expect(await faulty.end()).toBe(1);
  expect(faulty.output).toMatch(/\n\S+Z ERROR TypeError: Uncaught on purpose\.\n( {2}.*\n)+$/);
  await other.remove();
});

test("a data folder in use is reported in one line", async () => {
  expect(await failure({ ATELIER_DATA: data.folder })).toMatch(/^Another server uses this data folder\.[^\n]*$/);
});

test("an invalid variable is reported in one line", async () => {
  expect(await failure({ ATELIER_DEVICE: "gpu" })).toMatch(/^ATELIER_DEVICE=gpu must be one of [^\n]*$/);
});

test.each(["SIGTERM", "SIGINT"] as const)("it shuts down on %s, and subscriptions end", async (signal) => {
  const events = client.subscribe("subscription { sessions { id } }");
  const next = events.next().catch(() => ({ done: true }));
  // The answer to a later operation on the same socket shows that the subscription has begun.
  await client.subscribe("{ server { version } }").next();
  const socket = new WebSocket(`${client.address.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "connection_init" }));
  await once(socket, "message");
  const closed = once(socket, "close");
  expect(await server.end(signal)).toBe(0);
  // Going away, which tells clients to connect again.
  expect((await closed)[0]).toBe(1001);
  expect(await next).toMatchObject({ done: true });
  await client.close();
  await start();
});

test("it shuts down without clients, and a port in use is reported in one line", async () => {
  expect(await server.end()).toBe(0);
  // Without a collector, nothing of OpenTelemetry's SDK: only its interface, of which nothing is recorded.
  expect(server.output).toContain("\nLoaded: api\n");
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const message = `Port ${port} is in use. Stop what uses it, or set PORT to another one.`;
  expect(await failure({ ATELIER_DATA: data.folder, PORT: String(port) })).toBe(message);
  taken.close();
});
