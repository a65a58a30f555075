import { expect, test } from "vitest";
import { formatBetween, formatDuration, formatRoughly } from "../../web/parts/durations";

test.each([
  [0, "0 ms"],
  [850.4, "850 ms"],
  [1600, "1.6 s"],
  [59_400, "59 s"],
  [60_000, "1 min"],
  [200_000, "3 min 20 s"],
  [3_900_000, "1 h 5 min"],
])("%d ms reads %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [400, "1 s"],
  [3400, "3 s"],
  [33_000, "35 s"],
  [100_000, "1 min 30 s"],
  [1_000_000, "17 min"],
])("about %d ms reads %s", (ms, text) => {
  expect(formatRoughly(ms)).toBe(text);
});

test.each([
  [4200, 7900, "4 to 8 s"],
  [4200, 4300, "4 s"],
  [200, 900, "1 s"],
  [52_000, 70_000, "50 s to 1 min"],
  [130_000, 240_000, "2 to 4 min"],
  [90_000, 150_000, "1 min 30 s to 2 min 30 s"],
])("a duration of %i to %i ms is shown as %s", (from, to, text) => {
  expect(formatBetween(from, to)).toBe(text);
});
