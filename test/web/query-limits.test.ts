import { readFileSync } from "node:fs";
import { buildSchema } from "graphql";
import { expect, test } from "vitest";
import { limitErrors, measureOf } from "../../server/api/query-limits";
import * as operations from "../../web/graphql/operations";
import * as runOperations from "../../web/graphql/run-operations";

const schema = buildSchema(readFileSync("schema.graphql", "utf8"));

test.each(Object.entries({ ...operations, ...runOperations }))("%s of the studio is within the server's limits", (_name, document) => {
  expect(limitErrors(measureOf(schema, document))).toEqual([]);
});
