/**
 * Time in which a worker claims one of 1,000 sessions of 20 owners that wait in PostgreSQL: alone, and when 100 ask at once;
 * and the time of a look while none is left for it.
 *
 *   npx tsx bench/claims.ts              half a minute
 */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { workKinds } from "../server/records/queue.js";
import { FleetSimulation } from "../test/helpers/fleet-simulation.js";
import { type Member, openMember } from "../test/helpers/simulated-worker.js";
import { type Measurement, recordResults } from "./results.js";
import { quantile, rounded } from "./statistics.js";

const [ALONE, TOGETHER, MEMBERS, LOOKS] = [100, 100, 10, 200];
/** Longer than the bench, so that no claim is free again, ms. */
const LEASE_MS = 59_000;
const wants = { models: null, maxSize: 4096, kinds: workKinds, except: [] };
/** Nothing that waits is so small. */
const nothing = { ...wants, maxSize: 1 };

const parent = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const simulation = await FleetSimulation.start({
  owners: 20,
  sessionsOfEach: 50,
  steps: 200,
  connections: 200,
  parent,
  waitsForDisk: true,
});
const members: Member[] = [];
const measured: Measurement[] = [];
try {
  for (let count = 0; count < MEMBERS; count++) members.push(await openMember(simulation.shared, console.error));
  const alone: number[] = [];
  for (let count = 0; count < ALONE; count++) alone.push(await timeOf(() => claim(0)));
  record("one worker, p50", quantile(alone, 0.5));
  record("one worker, p95", quantile(alone, 0.95));
  record(
    `${TOGETHER} at once, the last of them`,
    await timeOf(() => Promise.all(Array.from({ length: TOGETHER }, (_, place) => claim(place)))),
  );
  const looks: number[] = [];
  for (let count = 0; count < LOOKS; count++) looks.push(await timeOf(() => claim(0, nothing)));
  record("nothing for this worker, p50", quantile(looks, 0.5));
} finally {
  await Promise.all(members.map((member) => member.close()));
  await simulation.close();
}
await recordResults(measured, "npx tsx bench/claims.ts");

/** @throws Error when the answer is not the expected one. */
async function claim(place: number, wanted = wants): Promise<void> {
  const member = members[place % MEMBERS];
  const entry = await member?.storage.leases.claim(`worker-${place}`, wanted, LEASE_MS);
  if ((entry === null) !== (wanted === nothing)) throw new Error("A claim had another outcome than expected.");
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function record(side: string, ms: number): void {
  const bench = `a claim while 1000 sessions wait: ${side}`;
  console.info(`${bench}: ${rounded(ms)} ms`);
  measured.push({ bench, peer: "", ratio: null, value: rounded(ms), unit: "ms" });
}
