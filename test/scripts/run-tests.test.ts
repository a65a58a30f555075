import { expect, test } from "vitest";
import { countTests } from "../../scripts/run-tests.mjs";

test("tests that neither passed nor failed count as skipped", () => {
  const report = { numPassedTests: 5, numFailedTests: 1, numTotalTests: 9, testResults: [{ status: "failed", assertionResults: [{}] }] };
  expect(countTests(report)).toEqual({ passed: 5, failed: 1, skipped: 3 });
});

test("a file that cannot be loaded counts as a failed test", () => {
  const report = { numPassedTests: 2, numFailedTests: 0, numTotalTests: 2, testResults: [{ status: "failed", assertionResults: [] }] };
  expect(countTests(report)).toEqual({ passed: 2, failed: 1, skipped: 0 });
});
