import { arrowsHold } from "./arrows.mjs";
import { filesOverBudget, maxLines } from "./line-budget.mjs";
import { runTool } from "./run.mjs";
import { schemaTypesCurrent } from "./schema-types.mjs";

/** @typedef {{ name: string, passes: () => Promise<boolean> }} Check */

/**
 * A check that passes when a package's program ends with exit code 0.
 * @param {string} packageName
 * @param {string[]} args
 */
const tool =
  (packageName, ...args) =>
  async () =>
    (await runTool(packageName, args)) === 0;

/**
 * What the linter of compose.yaml does not know: an image that is built has a name and no version, and the fleet is there for
 * other machines.
 */
const allowedInCompose = ["no-build-and-image", "service-image-require-explicit-tag", "no-unbound-port-interfaces"];

/** All checks that do not run the program, the fastest first. @type {Check[]} */
export const checks = [
  { name: "No file over the line budget", passes: withinLineBudget },
  { name: "Lint and format", passes: tool("@biomejs/biome", "ci", "--max-diagnostics=100") },
  { name: "Arrows between folders", passes: arrowsHold },
  { name: "Types of server, models, tests, benchmarks and scripts", passes: tool("typescript", "-p", ".") },
  { name: "Types of the studio", passes: tool("typescript", "-p", "web", "--noEmit") },
  { name: "Types of the studio's tests", passes: tool("typescript", "-p", "test/web") },
  { name: "schema.graphql as the code emits it", passes: tool("tsx", "server/api/emit-schema.ts", "--check") },
  { name: "Figures and variables in the documentation", passes: tool("tsx", "scripts/docs.ts", "--check") },
  { name: "The studio's types of the API as schema.graphql has them", passes: schemaTypesCurrent },
  { name: "compose.yaml by its specification", passes: tool("dclint", "compose.yaml", "-q", "--disable-rule", ...allowedInCompose) },
  { name: "No unused files, exports or packages", passes: tool("knip") },
];

async function withinLineBudget() {
  const over = await filesOverBudget();
  for (const file of over) console.error(`${file}, more than ${maxLines}`);
  return over.length === 0;
}

/**
 * Runs every check and returns the names of those that failed.
 * @param {readonly Check[]} list
 */
export async function runChecks(list) {
  const failed = [];
  for (const { name, passes } of list) {
    console.log(`\n=== ${name}`);
    if (!(await passes())) failed.push(name);
  }
  return failed;
}
