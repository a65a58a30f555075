import { readFileSync } from "node:fs";
import { buildSchema } from "graphql";
import { expect, test } from "vitest";
import { limitErrors, measureOf } from "../../server/api/query-limits";
import * as accessOperations from "../../web/graphql/access-operations";
import * as adminOperations from "../../web/graphql/admin-operations";
import * as operations from "../../web/graphql/operations";
import * as outputOperations from "../../web/graphql/output-operations";
import * as runOperations from "../../web/graphql/run-operations";

const schema = buildSchema(readFileSync("schema.graphql", "utf8"));

const all = { ...accessOperations, ...adminOperations, ...operations, ...outputOperations, ...runOperations };

test.each(Object.entries(all))("%s of the studio is within the server's limits", (_name, document) => {
  expect(limitErrors(measureOf(schema, document))).toEqual([]);
});
