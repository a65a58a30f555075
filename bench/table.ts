/**
 * Writes the table of bench/README.md from bench/results.json.
 *
 *   npx tsx bench/table.ts
 */
import { readFile, writeFile } from "node:fs/promises";
import { type Result, readResults } from "./results.js";

const readme = new URL("README.md", import.meta.url);
const begin = "<!-- results -->";
const end = "<!-- end of results -->";

const [before, rest] = (await readFile(readme, "utf8")).split(begin);
const after = rest?.split(end)[1];
if (before === undefined || after === undefined) throw new Error(`bench/README.md lacks ${begin} or ${end}`);
await writeFile(readme, `${before}${begin}\n${resultsTable(await readResults())}\n${end}${after}`);

/** Markdown of all results, newest facts only: one row a bench and peer. */
function resultsTable(results: readonly Result[]): string {
  const rows = results.map(({ bench, value, unit, peer, ratio, date, commit, command }) =>
    [bench, `${value} ${unit}`, peer, ratio === null ? "" : ratio.toFixed(2), `${date.slice(0, 10)}, ${commit}`, `\`${command}\``].join(
      " | ",
    ),
  );
  const machines = [...new Set(results.map((result) => result.machine))];
  return [
    "| bench | value | compared with | times better | when, commit | command |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${row} |`),
    "",
    `Machine: ${machines.join("; ")}.`,
  ].join("\n");
}
