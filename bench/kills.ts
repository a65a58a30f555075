/**
 * 100 random `kill -9` over 20 sessions, of server and device by turns: is a session lost, or a frame that a viewer saw?
 * test/e2e/kills.test.ts is its short form. `npx tsx bench/kills.ts`
 */
import { killRun } from "../test/helpers/kill-run.js";

const { kills, ...findings } = await killRun({ sessions: 20, kills: 100, steps: 1500, pauseMs: 3000, seed: 1 });
console.info(`${kills} kills over 20 sessions`);
for (const [name, found] of Object.entries(findings))
  console.info(`${name}: ${found.length}${found.length > 0 ? ` ${found.join("; ")}` : ""}`);
