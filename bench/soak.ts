/**
 * A fleet under load for half an hour: paintings with viewers, visitors who come and go, a live translation, and a worker that
 * is killed every minute. Nothing may be lost, and memory and descriptors of what lives on may not grow after ten minutes.
 * Needs Linux, which shows both in /proc.
 *
 *   npx tsx bench/soak.ts            30 minutes; recorded if nothing was lost and nothing grows
 *   npx tsx bench/soak.ts MINUTES    a shorter form, which is not recorded and from which memory is hard to judge
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Fleet } from "../test/helpers/fleet.js";
import { randomNumbers } from "../test/helpers/random.js";
import type { ServerProcess } from "../test/helpers/server.js";
import { atMost, type Measurement, recordResults } from "./results.js";
import { SoakLoad } from "./soak-load.js";
import { rounded } from "./statistics.js";
import { type Reading, trendOf } from "./trend.js";

const minutes = Number(process.argv[2] ?? 30);
const SAMPLE_MS = 10_000;
const KILL_MS = 60_000;
/** The part of the soak before memory and descriptors count. */
const WARM_UP = 1 / 3;
/** Rises that are too small to matter: MiB, and descriptors. */
const LEAST = { memory: 8, descriptors: 4 };

/** What was read about one process. */
interface Watched {
  name: string;
  pid: number;
  memory: Reading[];
  descriptors: Reading[];
}

const random = randomNumbers(1);
/** From 0 to 1, without 1. */
const chance = () => (random() + 1) / 2;
const began = performance.now();
const hours = () => (performance.now() - began) / 3_600_000;
const ending = new AbortController();
const fleet = await Fleet.start();
let hasFault = false;
try {
  const [one, other, steady, ...mortal] = await Promise.all([fleet.api(), fleet.api(), fleet.worker(), fleet.worker(), fleet.worker()]);
  const watched = [
    watch("API server 1", one.process.pid),
    watch("API server 2", other.process.pid),
    watch("worker", steady.process.pid),
    ...steady.process.devices().map((pid) => watch("device of the worker", pid)),
  ];
  const doomed = mortal.map(({ process }) => process);
  const load = new SoakLoad([one.client.address, other.client.address], 300, chance);
  const working = load.run({ paintings: 3, visitors: 6 });
  const background = [
    every(SAMPLE_MS, () => watched.forEach(read)),
    every(KILL_MS, () => replace(doomed)),
    every(KILL_MS, () => console.info(`${(60 * hours()).toFixed(1)} minutes: ${counts(load)}`)),
  ];
  await Promise.race([delay(minutes * 60_000), working]);
  load.end();
  await working;
  ending.abort();
  await Promise.all(background);
  const measured = [...report(load), ...watched.flatMap(judge)];
  if (process.argv[2] === undefined && !hasFault) await recordResults(measured, "npx tsx bench/soak.ts");
} finally {
  await fleet.close();
}
if (hasFault) process.exitCode = 1;

function watch(name: string, pid: number): Watched {
  return { name, pid, memory: [], descriptors: [] };
}

/** Reads the resident memory, MiB, and the open descriptors of a process. */
function read({ pid, memory, descriptors }: Watched): void {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  memory.push({ at: hours(), value: Number(kibibytes) / 1024 });
  descriptors.push({ at: hours(), value: readdirSync(`/proc/${pid}/fd`).length });
}

/** Kills the worker that has lived longest of those that may die, and starts another one. */
async function replace(workers: ServerProcess[]): Promise<void> {
  await workers.shift()?.end("SIGKILL");
  workers.push((await fleet.worker()).process);
}

async function every(ms: number, work: () => unknown): Promise<void> {
  while (await delay(ms, true, { signal: ending.signal }).catch(() => false)) await work();
}

function counts(load: SoakLoad): string {
  const { completed, frames, skipped, visits, liveFrames } = load.findings;
  return `${completed} paintings with ${frames} frames at their viewers, who were too slow for ${skipped}, ${visits} visits, ${liveFrames} live frames`;
}

function report(load: SoakLoad): Measurement[] {
  const { completed, frames, lost, misdelivered, failures } = load.findings;
  console.info(counts(load));
  for (const [name, found] of Object.entries({ lost, misdelivered, failures })) {
    console.info(`${name}: ${found.length}${found.map((one) => `\n  ${one}`).join("")}`);
    hasFault ||= found.length > 0;
  }
  const faults = lost.length + misdelivered.length + failures.length;
  return [
    plain("a soak of 30 minutes: paintings completed", completed, "paintings"),
    plain("a soak of 30 minutes: frames that came once and as they are kept", frames, "frames"),
    plain("a soak of 30 minutes: sessions lost, frames misdelivered and requests failed", faults, "faults"),
  ];
}

/** Says whether memory and descriptors of a process grow after the warm-up. */
function judge({ name, memory, descriptors }: Watched): Measurement[] {
  return [
    ...judgeOne(name, "memory", "MiB", memory, LEAST.memory),
    ...judgeOne(name, "descriptors", "descriptors", descriptors, LEAST.descriptors),
  ];
}

function judgeOne(name: string, what: string, unit: string, readings: readonly Reading[], least: number): Measurement[] {
  const counted = readings.filter(({ at }) => at >= (WARM_UP * minutes) / 60);
  if (counted.length < 3) return [];
  const { perHour, rise, most, noise, isUpward } = trendOf(counted, least);
  const values = counted.map(({ value }) => value);
  hasFault ||= isUpward;
  console.info(
    `${name}: ${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)} ${unit}, slope ${perHour.toFixed(1)} an hour, ` +
      `rise ${rise.toFixed(1)} with a noise of ${noise.toFixed(1)}: ${isUpward ? "UPWARD" : "no trend"}`,
  );
  return [atMost(`a soak of 30 minutes: ${what} of ${name}, rise after ten minutes`, rise, rounded(most), unit)];
}

function plain(bench: string, value: number, unit: string): Measurement {
  return { bench, peer: "", ratio: null, value: rounded(value), unit };
}
