import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Result, readResults } from "../../bench/results.js";
import { fillParts } from "../../scripts/docs/fill.js";
import { refreshDocs, staleDocs } from "../../scripts/docs/refresh.js";
import { root } from "../../scripts/root.mjs";
import { variables } from "../../server/config.js";

const copied = [
  "README.md",
  "ARCHITECTURE.md",
  "docs/access.md",
  "docs/operate.md",
  "bench/README.md",
  "bench/results.json",
  "bench/curves.json",
  "bench/plots",
];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-docs-"));
  for (const file of copied) await cp(join(root, file), join(folder, file), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Changes a file of the copy. @throws Error when there is nothing to replace */
async function replace(file: string, from: string | RegExp, to: string): Promise<void> {
  const text = await readFile(join(folder, file), "utf8");
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`${file} does not contain ${from}`);
  await writeFile(join(folder, file), changed);
}

test("the documentation matches its sources", async () => {
  expect(await staleDocs(root)).toEqual([]);
});

const bench = "painting with the default settings, 256 px";

/** Changes the result of `bench` in the copy. */
async function changeResult(change: Partial<Result>): Promise<void> {
  const file = join(folder, "bench/results.json");
  const results = await readResults(file);
  await writeFile(file, JSON.stringify(results.map((result) => (result.bench === bench ? { ...result, ...change } : result))));
}

test("a figure that was measured again is stale until the documents are filled again", async () => {
  await changeResult({ value: 12.345 });
  expect(await staleDocs(folder)).toEqual(["README.md", "bench/README.md"]);
  expect(await refreshDocs(folder)).toEqual(["README.md", "bench/README.md"]);
  expect(await readFile(join(folder, "README.md"), "utf8")).toContain("| 12.345 s |");
  expect(await staleDocs(folder)).toEqual([]);
});

test("a plot that was changed by hand, or is missing, is stale", async () => {
  await replace("bench/plots/step-time.svg", "Time of", "Times of");
  await rm(join(folder, "bench/plots/convolutions.svg"));
  const files = ["bench/plots/step-time.svg", "bench/plots/convolutions.svg"];
  expect(await staleDocs(folder)).toEqual(files);
  expect(await refreshDocs(folder)).toEqual(files);
  expect(await staleDocs(folder)).toEqual([]);
});

test("a figure that was changed by hand is stale", async () => {
  await replace("README.md", /\| [\d.]+ s \|/, "| 1 s |");
  expect(await staleDocs(folder)).toEqual(["README.md"]);
});

test("a variable that was changed by hand is stale", async () => {
  await replace("docs/operate.md", "| `ATELIER_HISTORY_MB` | ", "| `ATELIER_HISTORY_MB` | about ");
  expect(await staleDocs(folder)).toEqual(["docs/operate.md"]);
});

test("an arrow that was changed by hand is stale", async () => {
  await replace("ARCHITECTURE.md", "| `graph` | nothing |", "| `graph` | `records` |");
  expect(await staleDocs(folder)).toEqual(["ARCHITECTURE.md"]);
});

test("a figure in README must have been measured", async () => {
  await changeResult({ bench: "another" });
  await expect(staleDocs(folder)).rejects.toThrow(`no result of "${bench}"`);
});

test("a document without its markers is refused", async () => {
  await replace("README.md", "<!-- generated: figures (npm run docs) -->", "");
  await expect(staleDocs(folder)).rejects.toThrow("README.md lacks the markers of: figures");
});

test("every variable of the server is in the table", async () => {
  const text = await readFile(join(root, "docs/operate.md"), "utf8");
  for (const { name } of Object.values(variables)) expect(text).toContain(`| \`${name}\` |`);
});

test("a checkout on Windows keeps its line endings", () => {
  const text = "a\r\n<!-- generated: x (npm run docs) -->\r\nold\r\n<!-- /generated -->\r\nb\r\n";
  expect(fillParts("a.md", text, new Map([["x", "1\n2"]]), ["x"])).toBe(text.replace("old", "1\r\n2"));
});

test("an unknown part is refused", () => {
  const text = "<!-- generated: y (npm run docs) -->\n<!-- /generated -->\n";
  expect(() => fillParts("a.md", text, new Map([["x", ""]]), [])).toThrow("a.md: nothing generates y. There are: x.");
});
