import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTool } from "./run.mjs";

/**
 * Runs all tests once.
 * @returns {Promise<{ passed: boolean, summary: string }>} `summary` reads `N passed, N failed, N skipped`; a test file
 *   that cannot be loaded counts as one failed test
 */
export async function runTests() {
  const folder = await mkdtemp(join(tmpdir(), "atelier-tests-"));
  const report = join(folder, "report.json");
  try {
    const code = await runTool("vitest", ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`]);
    const counts = countTests(JSON.parse(await readFile(report, "utf8")));
    const summary = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
    return { passed: code === 0 && counts.failed === 0 && counts.passed > 0, summary };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Counts the tests of a report of vitest's json reporter. A test file that cannot be loaded counts as one failed test.
 * @param {{ numPassedTests: number, numFailedTests: number, numTotalTests: number, testResults: { status: string,
 *   assertionResults: unknown[] }[] }} report
 */
export function countTests({ numPassedTests, numFailedTests, numTotalTests, testResults }) {
  const unloaded = testResults.filter(({ status, assertionResults }) => status === "failed" && assertionResults.length === 0).length;
  return {
    passed: numPassedTests,
    failed: numFailedTests + unloaded,
    skipped: numTotalTests - numPassedTests - numFailedTests,
  };
}
