import { readFileSync } from "node:fs";
import { buildSchema, parse } from "graphql";
import { expect, test } from "vitest";
import { limitErrors } from "../../server/api/query-limits";
import * as operations from "../../web/graphql/operations";
import * as runOperations from "../../web/graphql/run-operations";

const schema = buildSchema(readFileSync("schema.graphql", "utf8"));

test.each(Object.entries({ ...operations, ...runOperations }))("%s of the studio is within the server's limits", (_name, document) => {
  expect(limitErrors(schema, document)).toEqual([]);
});

test("the README's examples are within the server's limits", () => {
  const examples = readFileSync("README.md", "utf8").split("```graphql")[1]?.split("```")[0] ?? "";
  expect(limitErrors(schema, parse(examples))).toEqual([]);
});
