/** Sends random operations of every role to a server of its own: `npm run fuzz -- [operations] [seed]`. */
import "./node-version.mjs";
import { install } from "./prepare.mjs";
import { runTool } from "./run.mjs";

const [operations = "10000", seed = String(Math.floor(Math.random() * 1e6))] = process.argv.slice(2);
if (![operations, seed].every((text) => /^\d{1,9}$/.test(text))) {
  console.error("Both are whole numbers: npm run fuzz -- 10000 7");
  process.exit(1);
}
await install();
process.exitCode = await runTool("vitest", ["run", "test/fuzz"], { ...process.env, FUZZ_OPERATIONS: operations, FUZZ_SEED: seed });
