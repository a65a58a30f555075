import { appendFileSync } from "node:fs";

/**
 * Says why tests of this file are skipped: at once, or at the end of `npm test`, which lists each reason once.
 * @param reason what this machine lacks, as a sentence.
 */
export function noteSkipped(reason: string): void {
  const list = process.env.SKIP_REASONS_FILE;
  if (list) appendFileSync(list, `${reason}\n`);
  else console.warn(`Skipped: ${reason}`);
}
