import "./node-version.mjs";
import { checks, runChecks } from "./checks.mjs";
import { prepare } from "./prepare.mjs";
import { runTests } from "./run-tests.mjs";

// The browser tests need a built studio.
await prepare();
const failedChecks = await runChecks(checks);
console.log("\n=== Tests");
const { passed, failed, skipped, skipReasons } = await runTests();
if (skipReasons.length > 0) console.log("\nSkipped:");
for (const reason of skipReasons) console.log(`- ${reason}`);
const failures = [...failedChecks, ...(failed > 0 ? ["Tests"] : [])];
console.log(failures.length === 0 ? "\nAll checks passed" : `\nFailed: ${failures.join("; ")}`);
// Each failed check counts as a failed test, so the last line reports it.
console.log(`${passed} passed, ${failed + failedChecks.length} failed, ${skipped} skipped`);
process.exitCode = failures.length === 0 ? 0 : 1;
