import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getIntrospectionQuery } from "graphql";
import { afterAll, expect, test } from "vitest";
import { appOfFile, startApp } from "../helpers/app.js";
import { GraphqlClient, type GraphqlError } from "../helpers/graphql-client.js";

const studioFolder = mkdtempSync(join(tmpdir(), "atelier-export-"));
for (const name of ["index", "404"]) writeFileSync(join(studioFolder, `${name}.html`), name);
afterAll(() => rmSync(studioFolder, { recursive: true }));
const off = appOfFile({ studioFolder, switches: { graphiql: false, introspection: false, metrics: false } });

const hidden = {
  message: expect.stringContaining("ATELIER_INTROSPECTION=1"),
  extensions: { code: "FORBIDDEN" },
};

test("a browser finds no page where GraphiQL is off, and the API stays", async () => {
  const response = await fetch(`${off.address}/graphql`, { headers: { Accept: "text/html,*/*" } });
  expect([response.status, await response.text()]).toEqual([404, "404"]);
  expect(await off.client.query("{ server { version } }")).toEqual({ server: { version: "1.2.3" } });
  expect(await off.client.query("{ __typename }")).toEqual({ __typename: "Query" });
});

test.each([getIntrospectionQuery(), '{ __type(name: "Query") { name } }', "{ ...a } fragment a on Query { __schema { description } }"])(
  "the schema is shown neither over HTTP nor over the WebSocket",
  async (query) => {
    expect((await off.client.send(query)).errors).toMatchObject([hidden]);
    let errors: readonly GraphqlError[] = [];
    try {
      for await (const answer of off.client.subscribe(query)) errors = answer.errors ?? [];
    } catch (thrown) {
      errors = thrown as GraphqlError[];
    }
    expect(errors).toMatchObject([hidden]);
  },
);

test("nor as a file", async () => {
  const response = await fetch(`${off.address}/schema.graphql`);
  expect([response.status, await response.json()]).toEqual([403, expect.objectContaining({ code: "FORBIDDEN" })]);
});

test("nothing is at /metrics where they are off", async () => {
  const response = await fetch(`${off.address}/metrics`);
  expect([response.status, await response.json()]).toEqual([404, expect.objectContaining({ code: "NOT_FOUND" })]);
});

/** What each transport says to a client without a role, or with one, about a name that almost exists. */
async function messagesOf(client: GraphqlClient, query: string): Promise<string[]> {
  const overHttp = (await client.send(query)).errors?.map(({ message }) => message) ?? [];
  let overSocket: readonly GraphqlError[] = [];
  try {
    for await (const answer of client.subscribe(query)) overSocket = answer.errors ?? [];
  } catch (thrown) {
    overSocket = thrown as GraphqlError[];
  }
  const overEvents = await messagesOverEvents(client, query);
  return [...overHttp, ...overSocket.map(({ message }) => message), ...overEvents];
}

async function messagesOverEvents({ address, credentials }: GraphqlClient, query: string): Promise<string[]> {
  const url = `${address}/graphql`;
  const token = await (await fetch(url, { method: "PUT", headers: credentials })).text();
  const headers = { ...credentials, "X-GraphQL-Event-Stream-Token": token };
  const stream = await fetch(url, { headers: { ...headers, Accept: "text/event-stream" } });
  const body = JSON.stringify({ query, extensions: { operationId: "1" } });
  await fetch(url, { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body });
  let text = "";
  for await (const chunk of stream.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    const data = /"payload":(\{.*\})\}/.exec(text)?.[1];
    if (data === undefined) continue;
    return (JSON.parse(data) as { errors: GraphqlError[] }).errors.map(({ message }) => message);
  }
  throw new Error("The stream of events ended.");
}

test("names of the schema are suggested only to those who may read it", async () => {
  const query = "{ sesions { totalCount } }";
  const plain = 'Cannot query field "sesions" on type "Query".';
  expect(await messagesOf(off.client, query)).toEqual([plain, plain, plain]);
  const shown = await startApp({ accessMode: "LINK" });
  const stranger = new GraphqlClient(shown.address);
  expect(await messagesOf(stranger, query)).toEqual([plain, plain, plain]);
  const variable = { query: "query ($order: SessionOrder) { sessions(order: $order) { totalCount } }", order: "OLDST" };
  expect(JSON.stringify((await stranger.send(variable.query, { order: variable.order })).errors)).not.toContain("Did you mean");
  for (const message of await messagesOf(shown.client, query)) expect(message).toContain('Did you mean "sessions"');
  await stranger.close();
  await shown.close();
});
