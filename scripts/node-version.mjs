/**
 * Ends this process with one line when its Node is older than package.json asks for. The first import of every script
 * that npm runs: modules are evaluated in order, so nothing else has run by then. Files that those scripts import
 * statically must parse on Node 18; packages are imported dynamically, because they may not be installed yet.
 */
import { readFileSync } from "node:fs";

const { engines } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const wanted = engines.node.replace(">=", "");

if (isOlder(process.versions.node, wanted)) {
  console.error(`Atelier needs Node ${wanted} or newer; this is Node ${process.versions.node}. Install a newer one: https://nodejs.org`);
  process.exit(1);
}

/**
 * Whether version `a` comes before version `b`, both with dots between their numbers.
 * @param {string} a
 * @param {string} b
 */
function isOlder(a, b) {
  const left = a.split(".").map(Number);
  const right = b.split(".").map(Number);
  const place = right.findIndex((number, index) => number !== (left[index] || 0));
  return place >= 0 && (left[place] || 0) < (right[place] || 0);
}
