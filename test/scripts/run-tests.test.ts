import { expect, test } from "vitest";
import { countTests } from "../../scripts/run-tests.mjs";

const file = (status: string, ...tests: string[]) => ({ status, assertionResults: tests.map((one) => ({ status: one })) });

test("tests that neither passed nor failed count as skipped", () => {
  const testResults = [file("failed", "passed", "failed", "skipped")];
  const report = { numPassedTests: 5, numFailedTests: 1, numTotalTests: 9, testResults };
  expect(countTests(report, 1)).toEqual({ passed: 5, failed: 1, skipped: 3 });
});

test.each([
  ["could not be loaded", file("failed"), 2, 0],
  ["has a beforeAll that failed", file("failed", "skipped", "skipped"), 4, 2],
  ["has an afterAll that failed", file("failed", "passed"), 2, 0],
])("a file that %s counts as a failed test", (_case, failedFile, numTotalTests, skipped) => {
  const report = { numPassedTests: 2, numFailedTests: 0, numTotalTests, testResults: [file("passed", "passed"), failedFile] };
  expect(countTests(report, 1)).toEqual({ passed: 2, failed: 1, skipped });
});

test("a failed run never counts zero failures: neither after an error outside tests, nor after a crash, nor without tests", () => {
  const report = { numPassedTests: 2, numFailedTests: 0, numTotalTests: 2, testResults: [file("passed", "passed", "passed")] };
  expect(countTests(report, 1)).toEqual({ passed: 2, failed: 1, skipped: 0 });
  expect(countTests(null, 134)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(countTests(null, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});
