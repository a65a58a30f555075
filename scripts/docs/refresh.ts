import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readCurves } from "../../bench/curves.js";
import { plotsOf } from "../../bench/plots.js";
import { readResults } from "../../bench/results.js";
import { policy, routePolicy, rules } from "../../server/access/policy.js";
import { variables } from "../../server/config.js";
import { limitScopes, limitTable } from "../../server/limits/table.js";
import { entryFiles, server, studio } from "../arrows.mjs";
import { fillParts } from "./fill.js";
import { arrowsTable, figuresTable, limitsTable, policyTables, resultsTable, stepsTable, variablesTable } from "./tables.js";

/** Documents with the generated parts that each must contain. */
const documents: Record<string, readonly string[]> = {
  "README.md": ["figures"],
  "ARCHITECTURE.md": ["arrows"],
  "docs/access.md": ["policy"],
  "docs/operate.md": ["variables", "limits"],
  "bench/README.md": ["steps", "figures", "results"],
};

/** Writes the documents in `root` whose generated parts are stale. Returns their paths. */
export async function refreshDocs(root: string): Promise<string[]> {
  const stale = await staleTexts(root);
  await mkdir(join(root, "bench", "plots"), { recursive: true });
  for (const [file, text] of stale) await writeFile(join(root, file), text);
  return [...stale.keys()];
}

/** Paths of the documents in `root` whose generated parts are stale. */
export async function staleDocs(root: string): Promise<string[]> {
  return [...(await staleTexts(root)).keys()];
}

/** What the stale documents and plots should contain, by path. */
async function staleTexts(root: string): Promise<Map<string, string>> {
  const results = await readResults(join(root, "bench", "results.json"));
  const parts = new Map([
    ["arrows", arrowsTable(server, entryFiles, studio)],
    ["figures", figuresTable(results)],
    ["limits", limitsTable(limitTable, limitScopes)],
    ["policy", policyTables(rules, { ...policy, ...routePolicy })],
    ["results", resultsTable(results)],
    ["steps", stepsTable(results)],
    ["variables", variablesTable(Object.values(variables))],
  ]);
  const stale = new Map<string, string>();
  for (const [file, required] of Object.entries(documents)) {
    const text = await readFile(join(root, file), "utf8");
    const filled = fillParts(file, text, parts, required);
    if (filled !== text) stale.set(file, filled);
  }
  for (const [name, plot] of plotsOf(results, await readCurves(join(root, "bench", "curves.json")))) {
    const file = `bench/plots/${name}`;
    const drawn = await readFile(join(root, file), "utf8").catch(() => null);
    if (drawn !== plot) stale.set(file, plot);
  }
  return stale;
}
