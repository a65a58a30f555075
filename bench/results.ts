import { execFileSync } from "node:child_process";
import { readFile, rename, writeFile } from "node:fs/promises";
import { cpus, platform, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { usableCores } from "../server/engine/cores.js";
import { rounded } from "./statistics.js";

/** One measured number. */
export interface Measurement {
  /** What was measured: "vgg19 loss and gradient, 256 px". */
  bench: string;
  /** What it is compared with: another program, or its limit. */
  peer: string;
  /** How many times better than the peer; null where there is none. Above 1 is good. */
  ratio: number | null;
  value: number;
  /** Unit of `value`: ms, s, %, MiB. */
  unit: string;
}

/** A measurement as results.json keeps it, with its origin. */
export interface Result extends Measurement {
  machine: string;
  /** The commit that was measured; `+` after it when the working tree differed from it. */
  commit: string;
  /** Command that measures it again. */
  command: string;
  /** ISO 8601. */
  date: string;
}

const LIMIT = /^at (most|least) /;

/** A measurement that must be at most `limit`. */
export function atMost(bench: string, value: number, limit: number, unit: string): Measurement {
  // A difference that is none, or goes the other way, has no ratio.
  return { bench, peer: `at most ${limit} ${unit}`, ratio: value > 0 ? rounded(limit / value) : null, value: rounded(value), unit };
}

/** A measurement that must be at least `limit`. */
export function atLeast(bench: string, value: number, limit: number, unit: string): Measurement {
  return { bench, peer: `at least ${limit} ${unit}`, ratio: rounded(value / limit), value: rounded(value), unit };
}

const resultsFile = fileURLToPath(new URL("results.json", import.meta.url));

/** The measurements that are beyond their limit. */
export function missedLimits(measurements: readonly Measurement[]): Measurement[] {
  return measurements.filter(({ peer, ratio }) => LIMIT.test(peer) && ratio !== null && ratio < 1);
}

/**
 * Prints the measurements and writes them to results.json, where they replace earlier ones of the same bench and peer. A
 * command that misses a limit ends with status 1.
 */
export async function recordResults(measurements: readonly Measurement[], command: string, file = resultsFile): Promise<void> {
  const origin = { machine: machine(), commit: commit(), command, date: new Date().toISOString() };
  for (const { bench, peer, ratio, value, unit } of measurements) {
    console.log(`${bench}: ${value} ${unit}, ${peer}${ratio === null ? "" : ` (${ratio.toFixed(2)} times)`}`);
  }
  for (const { bench, value, unit, peer } of missedLimits(measurements)) {
    console.error(`Missed: ${bench}: ${value} ${unit}, ${peer}.`);
    process.exitCode = 1;
  }
  const merged = mergeResults(
    await readResults(file),
    measurements.map((measurement) => ({ ...measurement, ...origin })),
  );
  // Renamed into place, so that a reader never sees half a file.
  await writeFile(`${file}.new`, `${JSON.stringify(merged, null, 2)}\n`);
  await rename(`${file}.new`, file);
}

/** Replaces earlier results by newer ones of the same bench and peer, whatever the limit was; sorted by bench and peer. */
export function mergeResults(earlier: readonly Result[], newer: readonly Result[]): Result[] {
  const key = ({ bench, peer }: Result) => JSON.stringify([bench, LIMIT.exec(peer)?.[0] ?? peer]);
  const merged = new Map([...earlier, ...newer].map((result) => [key(result), result]));
  return [...merged.values()].sort((a, b) => a.bench.localeCompare(b.bench, "en") || a.peer.localeCompare(b.peer, "en"));
}

/** Reads every recorded result. */
export async function readResults(file = resultsFile): Promise<Result[]> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

/** Description of this machine for people: "2 cores of AMD EPYC 7B13, 24 GiB, Linux 6.1, Node 20.20.2". */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const kernel = release().split(".").slice(0, 2).join(".");
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${usableCores()} cores of ${model}, ${memory} GiB, ${platform()} ${kernel}, Node ${process.versions.node}`;
}

function commit(): string {
  const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
  const recorded = ["results.json", "curves.json", "plots", "README.md"].map((name) => `:!bench/${name}`);
  const changed = git("status", "--porcelain", "--untracked-files=no", "--", ...recorded, ":!README.md");
  return `${git("rev-parse", "--short=12", "HEAD")}${changed ? "+" : ""}`;
}
