import { existsSync, readFileSync } from "node:fs";
import { buildSchema, findBreakingChanges } from "graphql";
import { describe, expect, test } from "vitest";
import { emittedSchema } from "../../server/api/schema.js";

const kept = readFileSync("schema.graphql", "utf8").replaceAll("\r\n", "\n");
const contractFile = "../shared/contract/schema.graphql";
const thereIsNone = !existsSync(contractFile);

/** Promises of the contract that later issues bring. What is fulfilled is taken off this list. */
const later = [
  "Mutation.branchSession was removed.",
  "Mutation.pauseSession was removed.",
  "Mutation.resumeSession was removed.",
  "Mutation.steer was removed.",
  "SteerInput was removed.",
  "StyleTransferSession.branchedAtStep was removed.",
  "StyleTransferSession.branches was removed.",
  "StyleTransferSession.parent was removed.",
];

test("schema.graphql is what the code emits", () => {
  expect(kept).toBe(emittedSchema());
});

describe("the contract", () => {
  if (thereIsNone) console.warn(`Skipped: there is no ${contractFile} to compare with.`);

  test.skipIf(thereIsNone)("is kept but for what later issues bring", () => {
    const contract = buildSchema(readFileSync(contractFile, "utf8"));
    const open = findBreakingChanges(contract, buildSchema(kept)).map(({ description }) => description);
    expect(open.sort()).toEqual(later);
  });
});
