/**
 * Kills processes with `kill -9` at random during 20 sessions, and reports lost sessions and lost frames that a viewer had
 * seen. test/e2e/kills.test.ts and test/fleet/kills.test.ts are the short forms.
 *
 *   npx tsx bench/kills.ts                 server and device in turns, 100 times at most
 *   npx tsx bench/kills.ts fleet           device, worker and API server of a fleet in turns, 100 times at most
 *   npx tsx bench/kills.ts fleet STEPS     a shorter form: sessions of so many steps, after which nothing is killed
 */
import { killRun } from "../test/helpers/kill-run.js";
import { KillableFleet } from "../test/helpers/killable-fleet.js";
import { KillableServer } from "../test/helpers/killable-server.js";

const [form, steps = "1500"] = process.argv.slice(2);
const place = await (form === "fleet" ? KillableFleet : KillableServer).start();
const { kills: killed, ...findings } = await killRun(place, { sessions: 20, kills: 100, steps: Number(steps), pauseMs: 3000, seed: 1 });
const counts = [...new Set(killed)].map((name) => `${name} ${killed.filter((other) => other === name).length}`);
console.info(`${killed.length} kills over 20 sessions (${counts.join(", ")})`);
for (const [name, found] of Object.entries(findings))
  console.info(`${name}: ${found.length}${found.length > 0 ? ` ${found.join("; ")}` : ""}`);
if (Object.values(findings).some((found) => found.length > 0)) process.exitCode = 1;
