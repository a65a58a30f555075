import { expect, test } from "vitest";
import { RateMeter } from "../../web/rooms/live/rates";

test("gives the rate, median and 95th percentile of the last seconds", () => {
  const meter = new RateMeter();
  for (let index = 0; index <= 20; index++) meter.add(1000 + index * 50, index === 7 ? 400 : 80 + index);
  expect(meter.rates(2000)).toEqual({ framesPerSecond: 20, medianMs: 91, p95Ms: 100 });
});

test("gives no rates for results that are too old or too few", () => {
  const meter = new RateMeter();
  meter.add(0, 10);
  meter.add(50, 10);
  expect(meter.rates(60)).toBeNull();
  meter.add(100, 10);
  expect(meter.rates(110)).not.toBeNull();
  expect(meter.rates(4000)).toBeNull();
});
