/**
 * Fills the generated parts of the documentation: environment variables from server/config.ts, figures and results from
 * bench/results.json, the import table from scripts/arrows.mjs.
 *
 *   npm run docs
 *   npx tsx scripts/docs.ts --check     (changes nothing; exits with 1 and names the files that are stale)
 */
import { refreshDocs, staleDocs } from "./docs/refresh.js";
import { root } from "./root.mjs";

if (process.argv.includes("--check")) {
  const stale = await staleDocs(root);
  for (const file of stale) console.error(`${file} is stale. Fill its generated parts again: npm run docs`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const file of await refreshDocs(root)) console.log(`${file} was filled again`);
}
