import { expect, test } from "vitest";
import type { Curve } from "../../bench/curves.js";
import { plotsOf } from "../../bench/plots.js";
import type { Result } from "../../bench/results.js";

const origin = { machine: "a machine", commit: "abc", command: "npx tsx bench/one.ts", date: "2026-01-01T00:00:00Z" };
const result = (bench: string, peer: string, value: number, ratio: number | null, unit = "ms"): Result => ({
  ...{ bench, peer, ratio, value, unit },
  ...origin,
});

const results = [
  result("VGG-19 loss and gradient, 512 px", "PyTorch <2>", 800, 1.5),
  result("VGG-19 loss and gradient, 256 px", "PyTorch <2>", 200, 2),
  result("rate of a large matrix product", "at least 1 GFLOP/s", 300, 300, "GFLOP/s"),
  result("convolution of 256 channels, 64 x 64 values, by Winograd's method", "direct convolution", 10, 2),
  result("something else", "at most 3 ms", 1, 3),
];
const curve = (name: string, points: Curve["points"]): Curve => ({ pair: "a x b", name, size: 512, machine: "a machine", points });
const curves = [
  curve("fast", [
    [1, 9],
    [2, 1.9],
    [3, 1.1],
  ]),
  curve("slow", [[10, 1.05]]),
];

test("every plot names its lines, escapes their names, and has no number that is none", () => {
  const plots = plotsOf(results, curves);
  expect([...plots.keys()]).toEqual(["step-time.svg", "convolutions.svg", "good-picture-a-x-b.svg"]);
  for (const plot of plots.values()) expect(plot).not.toMatch(/NaN|Infinity|undefined/);
  expect(plots.get("step-time.svg")).toContain("PyTorch &lt;2>");
  expect(plots.get("good-picture-a-x-b.svg")).toMatch(/fast.*slow/s);
});

test("the times of a step stand in the order of the sizes, those of a peer as its ratio says", () => {
  const [ours, theirs] = [
    ...plotsOf(results, curves)
      .get("step-time.svg")!
      .matchAll(/points="([^"]*)"/g),
  ].map(([, points]) => points!.split(" ").map((point) => point.split(",").map(Number)));
  expect(ours![0]![0]).toBeLessThan(ours![1]![0]!);
  // The slowest time is at the top, the fastest at the bottom: 1200 ms and 200 ms.
  expect(theirs![1]).toEqual([700, 44]);
  expect(ours![0]).toEqual([64, 330]);
});

test("without results there is nothing to plot, and the plots are still drawings", () => {
  for (const plot of plotsOf([], []).values()) expect(plot).not.toMatch(/NaN|Infinity|undefined/);
});
