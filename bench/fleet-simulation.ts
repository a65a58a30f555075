/**
 * 50 workers, whose painters only wait, complete 1,000 sessions of 200 steps of 20 owners, with the queue, the storage and
 * the bus of real ones, PostgreSQL and Redis. All sessions must complete, each step once, and the owners must come in turns.
 * test/fleet/simulation.test.ts is the short form.
 *
 *   npx tsx bench/fleet-simulation.ts              some minutes
 *   npx tsx bench/fleet-simulation.ts WORKERS OWNERS SESSIONS_OF_EACH STEPS      another size, which is not recorded
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import pg from "pg";
import { FleetSimulation } from "../test/helpers/fleet-simulation.js";
import type { WorkOptions, WorkReport } from "../test/helpers/simulated-worker.js";
import { until } from "../test/helpers/until.js";
import { atMost, type Measurement, recordResults } from "./results.js";
import { quantile, rounded } from "./statistics.js";

const [workers = 50, owners = 20, sessionsOfEach = 50, steps = 200] = process.argv.slice(2).map(Number);
const PROCESSES = Math.min(4, workers);
/** Longest wait for frames that viewers get after the last session has ended, ms. */
const VIEWERS_WITHIN_MS = 30_000;
const OPTIONS: WorkOptions = { sessionsAtOnce: 4, stepMs: 300 };
const MOST_UNFAIR = 10;

/** What PostgreSQL and Redis have done so far. */
interface Load {
  transactions: number;
  databaseMs: number;
  commands: number;
  redisMs: number;
}

// Pictures are in memory: the disk of one machine is not what is measured.
const parent = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const simulation = await FleetSimulation.start({ owners, sessionsOfEach, steps, connections: 20 + 10 * (workers + 2), parent });
const crews: Crew[] = [];
const measured: Measurement[] = [];
try {
  const before = await load();
  for (let index = 0; index < PROCESSES; index++) crews.push(hireCrew(Math.floor((workers + index) / PROCESSES)));
  await simulation.ended();
  const after = await load();
  const reports = (await Promise.all(crews.map((crew) => crew.leave()))).flat();
  // A viewer may be a little later than the database.
  await until(async () => (await simulation.report()).received >= owners * sessionsOfEach * (steps + 1), VIEWERS_WITHIN_MS);
  measured.push(...(await judge(reports, before, after)));
} finally {
  for (const { child } of crews) child.kill();
  await simulation.close();
}
if (process.argv.length === 2) await recordResults(measured, "npx tsx bench/fleet-simulation.ts");

interface Crew {
  child: ChildProcessByStdio<Writable, Readable, null>;
  leave(): Promise<WorkReport[]>;
}

function hireCrew(size: number): Crew {
  const task = JSON.stringify({ workers: size, shared: simulation.shared, options: OPTIONS });
  const file = new URL("simulated-workers.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--import", "tsx", file, task], { stdio: ["pipe", "pipe", "inherit"] });
  const lines: Interface = createInterface(child.stdout);
  const last = (async () => {
    let line = "";
    for await (const next of lines) line = next;
    return line;
  })();
  return {
    child,
    async leave() {
      child.stdin.end();
      return JSON.parse(await last) as WorkReport[];
    },
  };
}

async function judge(reports: readonly WorkReport[], before: Load, after: Load): Promise<Measurement[]> {
  const report = await simulation.report();
  const sessions = owners * sessionsOfEach;
  const frames = sessions * (steps + 1);
  const failures = [...reports.flatMap(({ failures }) => failures), ...simulation.failures];
  console.info(`${workers} workers completed ${report.completed} of ${sessions} sessions in ${report.seconds.toFixed(1)} s`);
  console.info(`claimed more than once: ${report.claimedAgain}; without all their frames: ${report.incomplete}`);
  console.info(`viewers received ${report.received} of ${frames} frames, out of order or twice: ${report.misdelivered.length}`);
  console.info(`failures: ${failures.length}${failures.length > 0 ? ` (${[...new Set(failures)].slice(0, 5).join("; ")})` : ""}`);
  const { completed, incomplete, claimedAgain, misdelivered, received } = report;
  if (completed !== sessions || incomplete > 0) throw new Error("The sessions did not complete.");
  if (failures.length > 0) throw new Error("A worker or a viewer failed.");
  if (claimedAgain > 0 || misdelivered.length > 0 || received !== frames) throw new Error("Not every step was made and seen once.");

  const turns = report.completedWhileAllWaited;
  const mean = turns.reduce((sum, count) => sum + count) / turns.length;
  const unfairness = (100 * Math.max(...turns.map((count) => Math.abs(count - mean)))) / mean;
  console.info(`complete while all owners had sessions waiting: ${turns.join(", ")}`);
  const claimMs = reports.flatMap((worker) => worker.claimMs);
  const perSecond = (count: number) => count / report.seconds;
  const framesPerSecond = perSecond(frames);
  const busy = (ms: number) => (100 * ms) / (1000 * report.seconds);
  const form = `${workers} workers, ${sessions} sessions`;
  const loads: [string, number, string][] = [
    [`${form}: a claim, p50`, quantile(claimMs, 0.5), "ms"],
    [`${form}: a claim, p95`, quantile(claimMs, 0.95), "ms"],
    [`${form}: frames stored and published`, framesPerSecond, "frames/s"],
    [`${form}: claims in the busiest second`, report.claimsInBusiestSecond, "claims/s"],
    [`${form}: transactions of PostgreSQL`, perSecond(after.transactions - before.transactions), "1/s"],
    [`${form}: processor time of PostgreSQL`, busy(after.databaseMs - before.databaseMs), "% of a core"],
    [`${form}: commands of Redis`, perSecond(after.commands - before.commands), "1/s"],
    [`${form}: processor time of Redis`, busy(after.redisMs - before.redisMs), "% of a core"],
  ];
  const all = [
    // In a short form, all sessions may be claimed before the first one is complete.
    ...(mean > 0 ? [atMost(`${form}: an owner's share differs from the mean`, unfairness, MOST_UNFAIR, "%")] : []),
    ...loads.map(([bench, value, unit]) => ({ bench, peer: "", ratio: null, value: rounded(value), unit })),
  ];
  for (const { bench, value, unit } of all) console.info(`${bench}: ${value} ${unit}`);
  return all;
}

/** Reads the counters. The processor time of PostgreSQL needs /proc; elsewhere it is 0. */
async function load(): Promise<Load> {
  const client = new pg.Client(simulation.shared.databaseUrl);
  await client.connect();
  try {
    const { rows } = await client.query<{ transactions: number; pid: number }>(
      "select sum(xact_commit)::float as transactions, pg_backend_pid() as pid from pg_stat_database",
    );
    const [row] = rows;
    if (!row) throw new TypeError("A sum has a row.");
    const info = String(await simulation.redis.command("INFO"));
    const redis = (name: string) => Number(new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1] ?? 0);
    return {
      transactions: row.transactions,
      databaseMs: existsSync("/proc/self/stat") ? await processorMs((await statOf(row.pid))[1] ?? 0) : 0,
      commands: redis("total_commands_processed"),
      redisMs: 1000 * (redis("used_cpu_user") + redis("used_cpu_sys")),
    };
  } finally {
    await client.end();
  }
}

/** Processor time of a process and its children, also of those that have ended, ms. */
async function processorMs(parentId: number): Promise<number> {
  let sum = 0;
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await statOf(Number(name));
    if (Number(name) === parentId) sum += [11, 12, 13, 14].reduce((all, field) => all + (stat[field] ?? 0), 0);
    else if (stat[1] === parentId) sum += (stat[11] ?? 0) + (stat[12] ?? 0);
  }
  return 10 * sum;
}

/** Numbers of /proc/<id>/stat from the state on: the parent is 1, the times in 1/100 s are 11 to 14. Empty when it has ended. */
async function statOf(id: number): Promise<number[]> {
  try {
    const stat = await readFile(`/proc/${id}/stat`, "utf8");
    return stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return [];
    throw error;
  }
}
