import { createClient } from "graphql-ws";
import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { logFields } from "../../server/records/log-fields.js";
import { startApp } from "../helpers/app.js";
import { ask, type RunningServer, startHttp } from "./server.js";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Ids of the requests in which faults were reported. */
const reported: (string | undefined)[] = [];
const faulty = {
  report: () => reported.push(logFields.getStore()?.requestId),
  modelPicture: () => Promise.reject(new Error("The disk is gone.")),
};

let [stranger, behindProxy]: RunningServer[] = [];
beforeAll(async () => {
  stranger = await startHttp(faulty);
  behindProxy = await startHttp({ ...faulty, trustedProxies: ["127.0.0.0/8"] });
});
afterAll(async () => {
  await stranger?.close();
  await behindProxy?.close();
});

async function idOf(server: RunningServer | undefined, sent?: string, path = "/healthz"): Promise<unknown> {
  const { headers } = await ask(server?.port ?? 0, path, sent === undefined ? {} : { headers: { "X-Request-Id": sent } });
  return headers["x-request-id"];
}

test("each response names its request", async () => {
  const ids = [await idOf(stranger), await idOf(stranger), await idOf(stranger, undefined, "/nothing")];
  for (const id of ids) expect(id).toMatch(uuid);
  expect(new Set(ids).size).toBe(3);
});

test("only a trusted proxy chooses the id", async () => {
  expect(await idOf(stranger, "chosen-1")).toMatch(uuid);
  expect(await idOf(behindProxy, "chosen-1")).toBe("chosen-1");
});

test.each(["a b", "x".repeat(129), "<script>", ""])("an id such as %j is replaced, also from a proxy", async (id) => {
  expect(await idOf(behindProxy, id)).toMatch(uuid);
});

test("a fault is logged with the id that its client sees", async () => {
  const id = await idOf(behindProxy, "chosen-2", "/models/any/preview");
  expect(id).toBe("chosen-2");
  expect(reported).toEqual(["chosen-2"]);
});

test("so is a fault of what comes over a WebSocket, with the id of the upgrade", async () => {
  const app = await startApp({ trustedProxies: ["127.0.0.1"] });
  const ids: (string | undefined)[] = [];
  app.faults.push = () => ids.push(logFields.getStore()?.requestId);
  app.storage.images.find = () => Promise.reject(new Error("The database is gone."));
  const answered: unknown[] = [];
  class Socket extends WebSocket {
    constructor(url: string, protocols: string) {
      super(url, protocols, { headers: { "X-Request-Id": "chosen-4" } });
      this.on("upgrade", ({ headers }) => answered.push(headers["x-request-id"]));
    }
  }
  const client = createClient({ url: `${app.address.replace("http", "ws")}/graphql`, webSocketImpl: Socket, retryAttempts: 0 });
  const results = client.iterate({ query: `{ image(id: "${app.imageId}") { id } }` });
  const { errors } = (await results.next()).value as { errors: { extensions: { code: string } }[] };
  await client.dispose();
  await app.close();
  expect([answered, errors.map(({ extensions }) => extensions.code)]).toEqual([["chosen-4"], ["INTERNAL"]]);
  expect(ids).toEqual(["chosen-4"]);
});

test("so is a fault of a GraphQL operation", async () => {
  const app = await startApp({ trustedProxies: ["127.0.0.1"] });
  const ids: (string | undefined)[] = [];
  app.faults.push = () => ids.push(logFields.getStore()?.requestId);
  app.storage.images.find = () => Promise.reject(new Error("The database is gone."));
  const response = await fetch(`${app.address}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Request-Id": "chosen-3" },
    body: JSON.stringify({ query: `{ image(id: "${app.imageId}") { id } }` }),
  });
  const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
  await app.close();
  expect([response.headers.get("x-request-id"), errors.map(({ extensions }) => extensions.code)]).toEqual(["chosen-3", ["INTERNAL"]]);
  expect(ids).toEqual(["chosen-3"]);
});
