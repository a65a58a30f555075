import "./node-version.mjs";
import { checks, runChecks } from "./checks.mjs";
import { prepare } from "./prepare.mjs";
import { runTests } from "./run-tests.mjs";

// The browser tests need the built studio.
await prepare();
const failed = await runChecks(checks);
console.log("\n=== Tests");
const { passed, summary } = await runTests();
if (!passed) failed.push("Tests");
console.log(failed.length === 0 ? "\nAll checks passed" : `\nFailed: ${failed.join("; ")}`);
console.log(summary);
process.exitCode = failed.length === 0 ? 0 : 1;
