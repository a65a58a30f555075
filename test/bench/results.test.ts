import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { atLeast, atMost, machine, mergeResults, missedLimits, type Result, readResults, recordResults } from "../../bench/results.js";

function result(bench: string, peer: string, value: number): Result {
  return { bench, peer, ratio: null, value, unit: "ms", machine: "m", commit: "c", command: "x", date: "2026-01-01T00:00:00.000Z" };
}

test("a newer result replaces the older result of the same bench and peer", () => {
  const earlier = [result("b", "p", 1), result("a", "p", 2), result("a", "o", 3)];
  const merged = mergeResults(earlier, [result("a", "p", 4), result("c", "p", 5)]);
  expect(merged.map(({ bench, peer, value }) => [bench, peer, value])).toEqual([
    ["a", "o", 3],
    ["a", "p", 4],
    ["b", "p", 1],
    ["c", "p", 5],
  ]);
});

test("a newer result replaces an older one whose limit was another", () => {
  const merged = mergeResults([result("a", "at most 3 ms", 1), result("a", "at least 1 ms", 2)], [result("a", "at most 4 ms", 5)]);
  expect(merged.map(({ peer, value }) => [peer, value])).toEqual([
    ["at least 1 ms", 2],
    ["at most 4 ms", 5],
  ]);
});

test("recorded results are read back with machine, commit, command and date", async () => {
  const folder = await mkdtemp(join(tmpdir(), "atelier-results-"));
  const file = join(folder, "results.json");
  try {
    expect(await readResults(file)).toEqual([]);
    await recordResults([{ bench: "a", peer: "limit 3 ms", ratio: 1.5, value: 2, unit: "ms" }], "npx tsx bench/a.ts", file);
    const [row, ...others] = await readResults(file);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ bench: "a", peer: "limit 3 ms", ratio: 1.5, value: 2, unit: "ms", command: "npx tsx bench/a.ts" });
    expect(row).toMatchObject({ machine: machine(), commit: expect.stringMatching(/^[0-9a-f]{12}\+?$/) });
    expect(new Date(row?.date ?? "").toISOString()).toBe(row?.date);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("what is beyond its limit is missed, and what another program does better is not", () => {
  const slower = { bench: "a", peer: "another program", ratio: 0.5, value: 2, unit: "ms" };
  const kept = [atMost("b", 50, 50, "ms"), atLeast("c", 30, 20, "frames/s"), atMost("d", -3, 50, "ms"), slower];
  const missed = [atMost("e", 51, 50, "ms"), atLeast("f", 19, 20, "frames/s")];
  expect(missedLimits([...kept, ...missed])).toEqual(missed);
});
