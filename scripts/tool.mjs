/** Runs the program of an installed package, installing packages first where needed: `node scripts/tool.mjs tsx FILE`. */
import "./node-version.mjs";
import { install } from "./prepare.mjs";
import { runTool } from "./run.mjs";

const [packageName = "", ...args] = process.argv.slice(2);
await install();
process.exitCode = await runTool(packageName, args);
