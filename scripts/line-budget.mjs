import { readFile } from "node:fs/promises";
import { inRoot } from "./root.mjs";
import { filesUnder, repositoryPath } from "./stale.mjs";

/** Limit for the lines of a source file: a longer file does more than one thing. */
export const maxLines = 400;

const folders = ["server", "web", "models", "test", "bench", "scripts"].map((folder) => inRoot(folder));
const source = /\.(ts|tsx|mjs|css|sh)$/;
const generated = /^web\/(\.next|out)$|\.d\.ts$|(^|\/)node_modules$/;

/** Returns the source files with more lines than allowed, as `path: N lines`. */
export async function filesOverBudget() {
  const over = [];
  for (const folder of folders) {
    for (const file of await filesUnder(folder, (path) => generated.test(path))) {
      if (!source.test(file)) continue;
      const lines = (await readFile(file, "utf8")).trimEnd().split("\n").length;
      if (lines > maxLines) over.push(`${repositoryPath(file)}: ${lines} lines`);
    }
  }
  return over;
}
