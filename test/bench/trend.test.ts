import { expect, test } from "vitest";
import { trendOf } from "../../bench/trend.js";
import { randomNumbers } from "../helpers/random.js";

/** Readings of 20 minutes, one every 10 seconds. */
const readings = (value: (hours: number) => number) =>
  Array.from({ length: 121 }, (_, index) => ({ at: index / 360, value: value(index / 360) }));

test("a trend is the line through readings, with its rise and its noise", () => {
  const { perHour, rise, noise } = trendOf(
    readings((hours) => 100 + 30 * hours),
    0,
  );
  expect(perHour).toBeCloseTo(30);
  expect(rise).toBeCloseTo(10);
  expect(noise).toBeCloseTo(0);
});

test("a rise beyond the noise is upward; noise, a fall and what is too little to matter are not", () => {
  const random = randomNumbers(1);
  const noisy = (slope: number) => readings((hours) => 100 + slope * hours + 10 * random());
  expect(trendOf(noisy(60), 4).isUpward).toBe(true);
  expect(trendOf(noisy(0), 4).isUpward).toBe(false);
  expect(trendOf(noisy(-60), 4).isUpward).toBe(false);
  const crept = readings((hours) => 100 + 6 * hours);
  expect([trendOf(crept, 4).isUpward, trendOf(crept, 1).isUpward]).toEqual([false, true]);
});

test("memory that is freed now and then shows no trend, and does when less is freed each time", () => {
  const sawtooth = (kept: number) => readings((hours) => 100 + ((hours * 360) % 12) + kept * Math.floor((hours * 360) / 12));
  expect(trendOf(sawtooth(0), 4).isUpward).toBe(false);
  expect(trendOf(sawtooth(3), 4).isUpward).toBe(true);
});
