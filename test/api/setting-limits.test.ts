import { beforeAll, describe, expect, test } from "vitest";
import { type Setting, settingNames, steerableNames, styleTransferLimits, styleTransferSettings } from "../../server/records/settings.js";
import { appOfFile, startSession } from "../helpers/app.js";

const running = appOfFile();
let sessionId: string;

beforeAll(async () => {
  sessionId = await startSession(running);
});

/** How a value reaches the server: written into the document, or as a variable of JSON. */
type Way = "literal" | "variable";

/** The error for a setting with a value, which is text of GraphQL or JSON. */
async function refusal(operation: "start" | "steer", way: Way, name: string, value: string) {
  const styles = [{ imageId: running.imageId }];
  const [head, rest] =
    operation === "start"
      ? [`contentId: "${running.imageId}", styles: [{ imageId: "${running.imageId}" }]`, { contentId: running.imageId, styles }]
      : ["", {}];
  const documents = {
    start: (input: string) => `startStyleTransfer(input: ${input}) { id }`,
    steer: (input: string) => `steer(sessionId: "${sessionId}", changes: ${input}) { id }`,
  };
  const root = operation === "start" ? "input" : "changes";
  const type = operation === "start" ? "StyleTransferInput" : "SteerInput";
  const body =
    way === "literal"
      ? JSON.stringify({ query: `mutation { ${documents[operation](`{ ${head} ${name}: ${value} }`)} }` })
      : JSON.stringify({
          query: `mutation ($${root}: ${type}!) { ${documents[operation](`$${root}`)} }`,
          variables: { [root]: { ...rest, [name]: "VALUE" } },
        }).replace('"VALUE"', value);
  const response = await fetch(`${running.address}/graphql`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const { errors = [] } = (await response.json()) as { errors?: { message: string; extensions: object }[] };
  expect(errors, `${name}: ${value}`).toHaveLength(1);
  return { root, ...errors[0]! };
}

const below = (min: number) => (min > 0 ? String(min / 2) : "-3");

/** Values that a setting refuses, and what the error says. */
function refused(name: string, setting: Setting): { values: Record<Way, string[]>; message: string; allowed: object } | null {
  switch (setting.kind) {
    case "number": {
      const { min, max, integer, unit } = setting;
      const numbers = [integer ? String(min - 1) : below(min), String(max * 2), "1e999", "-1e999", '"many"', ...(integer ? ["1.5"] : [])];
      return {
        values: { variable: [...numbers, "{}", "true"], literal: [...numbers, "NaN", "Infinity"] },
        message: `${name} must be ${integer ? "a whole number" : "a number"} from ${min} to ${max}.`,
        allowed: { limit: `${min}..${max}`, min, max, ...(unit ? { unit } : {}) },
      };
    }
    case "choice":
      return choice(name, setting.values, ['"SGD"', "5", "true"], ["SGD", '"ADAM"', "5"]);
    case "flag":
      return choice(name, ["true", "false"], ['"yes"', "1"], ['"yes"', "1", "yes"]);
    default:
      return null;
  }
}

function choice(name: string, values: readonly string[], variable: string[], literal: string[]) {
  const limit = values.join(", ");
  return { values: { variable, literal }, message: `${name} must be one of ${limit}.`, allowed: { limit, allowed: values } };
}

describe.each(["start", "steer"] as const)("to %s a painting", (operation) => {
  const names = operation === "start" ? settingNames : steerableNames;
  const simple = names.flatMap((name) => {
    const expected = refused(name, styleTransferSettings[name]);
    return expected ? [{ name, ...expected }] : [];
  });

  test.each(simple)("$name names itself and its limits", async ({ name, values, message, allowed }) => {
    for (const way of ["variable", "literal"] as const) {
      for (const value of values[way]) {
        const { root, ...error } = await refusal(operation, way, name, value);
        expect({ value, way, message: error.message, extensions: error.extensions }).toEqual({
          ...{ value, way, message },
          extensions: { code: "BAD_INPUT", field: `${root}.${name}`, ...allowed },
        });
      }
    }
  });

  const layers = names.filter((name) => styleTransferSettings[name].kind === "layers");
  const max = styleTransferLimits.maxLayerWeight;
  const weight = { message: `weight must be a number from 0 to ${max}.`, allowed: { limit: `0..${max}`, min: 0, max } };

  test.each(layers)("%s names the layer that is wrong, and its limits", async (name) => {
    for (const value of ["-1", String(max * 2), "1e999", '"much"']) {
      const list = {
        variable: `[{"layer":"conv1_1","weight":1},{"layer":"conv2_1","weight":${value}}]`,
        literal: `[{ layer: "conv1_1", weight: 1 }, { layer: "conv2_1", weight: ${value} }]`,
      };
      for (const way of ["variable", "literal"] as const) {
        const { root, ...error } = await refusal(operation, way, name, list[way]);
        expect(error.message).toBe(weight.message);
        expect(error.extensions).toEqual({ code: "BAD_INPUT", field: `${root}.${name}.1.weight`, ...weight.allowed });
      }
    }
    const { root, ...error } = await refusal(operation, "variable", name, '[{"layer":"conv9_9","weight":1}]');
    expect(error.extensions).toMatchObject({ field: `${root}.${name}.0.layer`, allowed: expect.arrayContaining(["conv4_2"]) });
  });
});

test.each([
  ["a list in an argument", "{ sessions(filter: { status: [QUEUED, LOST] }) { totalCount } }", "filter.status.1", "QUEUED"],
  ["an argument", 'mutation { startExport(input: { sessionId: "a", format: AVI }) { id } }', "input.format", "GIF"],
])("a choice that does not exist names its place and the others: %s", async (_what, query, field, one) => {
  expect(await running.client.refusal(query)).toMatchObject({ code: "BAD_INPUT", field, allowed: expect.arrayContaining([one]) });
});

test.each([
  ["a film's size", 'mutation { startExport(input: { sessionId: "a", format: GIF, size: 99999999999 }) { id } }', "input.size", 32, 2048],
  ["a translation's size", 'mutation { startTranslation(input: { model: "a", size: 99999999999 }) { id } }', "input.size", 16, 2048],
])("a number that is no Int names its place and its range: %s", async (_what, query, field, min, max) => {
  expect(await running.client.refusal(query)).toMatchObject({ code: "BAD_INPUT", field, min, max, unit: "px" });
});

test.each<[string, string, Record<string, unknown>, object]>([
  [
    "words of GraphQL in a value",
    "query ($n: Int) { images(first: $n) { totalCount } }",
    { n: 'x at "foo"; y' },
    { field: "n", min: 1, max: 100 },
  ],
  [
    "a variable with a name of JavaScript",
    "query ($toString: Float) { images(first: $toString) { totalCount } }",
    { toString: "x" },
    { field: "toString" },
  ],
  ["a comment before a value", "{ images(first: # all\n 99999999999) { totalCount } }", {}, { field: "first", min: 1, max: 100 }],
  ["an instant", '{ sessions(filter: { createdAfter: "2026-13-01" }) { totalCount } }', {}, { field: "filter.createdAfter" }],
])("the place is right with %s", async (_what, query, variables, expected) => {
  expect(await running.client.refusal(query, variables)).toMatchObject({ code: "BAD_INPUT", ...expected });
});

test("a value that is no argument keeps GraphQL's words", async () => {
  const { errors } = await running.client.send("query ($first: Int = 1.5) { sessions(first: $first) { totalCount } }");
  expect(errors?.[0]).toMatchObject({ message: "Int cannot represent non-integer value: 1.5", extensions: { code: "BAD_INPUT" } });
});
