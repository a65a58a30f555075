import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readIfThere } from "./root.mjs";
import { runTool } from "./run.mjs";

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 * @typedef {{ numPassedTests: number, numFailedTests: number, numTotalTests: number, testResults: { status: string,
 *   assertionResults: { status: string }[] }[] }} Report of vitest's json reporter
 */

/**
 * Runs all tests once, against the server that is built.
 * @returns {Promise<Counts & { skipReasons: string[] }>} as `countTests`, and why tests were skipped, each reason once
 */
export async function runTests() {
  const folder = await mkdtemp(join(tmpdir(), "atelier-tests-"));
  const [report, reasons] = [join(folder, "report.json"), join(folder, "skip-reasons.txt")];
  try {
    const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    // Tests expect React's build for development, whatever the environment says.
    const env = { ...process.env, NODE_ENV: "test", SKIP_REASONS_FILE: reasons, TEST_BUILT_SERVER: "1" };
    const code = await runTool("vitest", args, env);
    const text = await readIfThere(report);
    const skipReasons = new Set((await readIfThere(reasons))?.split("\n").filter(Boolean));
    return { ...countTests(text === null ? null : JSON.parse(text), code), skipReasons: [...skipReasons].sort() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Counts tests. A file that failed although none of its tests did (it could not be loaded, or a hook failed) counts as
 * one failed test, and so does a run that failed for another reason, such as an error outside of all tests.
 * @param {Report | null} report null when vitest wrote none
 * @param {number} exitCode of vitest
 * @returns {Counts}
 */
export function countTests(report, exitCode) {
  const { numPassedTests: passed, numFailedTests, numTotalTests, testResults } = report ?? emptyReport;
  const failedFiles = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && !assertionResults.some((test) => test.status === "failed"),
  );
  const failed = numFailedTests + failedFiles.length;
  const isUnexplained = failed === 0 && (exitCode !== 0 || passed === 0);
  return { passed, failed: isUnexplained ? 1 : failed, skipped: numTotalTests - passed - numFailedTests };
}

/** @type {Report} */
const emptyReport = { numPassedTests: 0, numFailedTests: 0, numTotalTests: 0, testResults: [] };
