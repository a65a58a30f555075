import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults, Result } from "axe-core";
import type { Page } from "playwright-core";

const source = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds serious or critical on the page as it is shown: a line for each rule, with the elements. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which a Content-Security-Policy does not bind.
  await page.evaluate(await source);
  const { violations } = await page.evaluate<AxeResults>("axe.run(document, { resultTypes: ['violations'] })");
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(line);
}

function line({ id, impact, help, nodes }: Result): string {
  return `${impact} ${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary}`).join("\n")}`;
}
