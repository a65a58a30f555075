import { existsSync, readFileSync } from "node:fs";
import { buildSchema, findBreakingChanges } from "graphql";
import { describe, expect, test } from "vitest";
import { emittedSchema } from "../../server/api/schema.js";
import { noteSkipped } from "../helpers/skipped.js";

const kept = readFileSync("schema.graphql", "utf8").replaceAll("\r\n", "\n");
const contractFile = "../shared/contract/schema.graphql";
const thereIsNone = !existsSync(contractFile);

test("schema.graphql equals what the code emits", () => {
  expect(kept).toBe(emittedSchema());
});

describe("the contract", () => {
  if (thereIsNone) noteSkipped(`There is no ${contractFile} to compare with.`);

  test.skipIf(thereIsNone)("has no breaking change", () => {
    const contract = buildSchema(readFileSync(contractFile, "utf8"));
    expect(findBreakingChanges(contract, buildSchema(kept))).toEqual([]);
  });
});
