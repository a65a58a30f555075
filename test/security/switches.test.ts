import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getIntrospectionQuery } from "graphql";
import { afterAll, expect, test } from "vitest";
import { appOfFile } from "../helpers/app.js";
import type { GraphqlError } from "../helpers/graphql-client.js";

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
