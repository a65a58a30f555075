import "./node-version.mjs";
import { checks, runChecks } from "./checks.mjs";
import { install } from "./prepare.mjs";

await install();
const failed = await runChecks(checks);
console.log(failed.length === 0 ? "\nAll checks passed" : `\nFailed: ${failed.join("; ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
