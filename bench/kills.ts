/**
 * Kills server and device in turns with `kill -9`, 100 times at random during 20 sessions, and reports lost sessions and
 * lost frames that a viewer had seen. test/e2e/kills.test.ts is the short form.
 *
 *   npx tsx bench/kills.ts
 */
import { killRun } from "../test/helpers/kill-run.js";

const { kills, ...findings } = await killRun({ sessions: 20, kills: 100, steps: 1500, pauseMs: 3000, seed: 1 });
console.info(`${kills} kills over 20 sessions`);
for (const [name, found] of Object.entries(findings))
  console.info(`${name}: ${found.length}${found.length > 0 ? ` ${found.join("; ")}` : ""}`);
