/**
 * Runs all benchmarks, or those that are named, one after the other, and draws their plots again.
 *
 *   npm run bench                      all of them, some hours
 *   npm run bench -- NAME ...          NAME is the name of a file here, without its ending
 *   npm run bench -- plots             only the plots, from the recorded numbers
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { refreshDocs } from "../scripts/docs/refresh.js";
import { rootFolder } from "../server/paths.js";

/** In the order in which they run: the quick ones first. painting-sweep and good-picture take pictures as arguments. */
const benches = [
  ...["convolutions", "loss-gradient", "feature-networks", "generators", "live-peers", "large-translations"],
  ...[
    "access",
    "viewers",
    "fan-out",
    "storm",
    "steering",
    "server-overhead",
    "warm-start",
    "checkpoints",
    "live",
    "history",
    "resume",
    "hidden-page",
    "page",
    "sessions-list",
    "bus",
    "closing",
    "claims",
    "fleet",
    "fleet-simulation",
    "kills",
    "soak",
  ],
];

const names = process.argv.slice(2);
const unknown = names.find((name) => name !== "plots" && !benches.includes(name));
if (unknown !== undefined) {
  console.error(`There is no benchmark "${unknown}". Benchmarks: ${benches.join(", ")}.`);
  process.exitCode = 1;
} else {
  for (const name of names.length > 0 ? names : benches) if (name !== "plots") await run(name);
  for (const file of await refreshDocs(rootFolder)) console.log(`${file} was filled again`);
}

async function run(name: string): Promise<void> {
  console.log(`\n${name}`);
  const file = join(rootFolder, "bench", `${name}.ts`);
  const child = spawn(process.execPath, ["--import", "tsx", file], { cwd: rootFolder, stdio: "inherit" });
  const [code] = await once(child, "exit");
  if (code === 0) return;
  console.error(`${name} failed.`);
  process.exitCode = 1;
}
