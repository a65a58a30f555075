import { expect, test } from "vitest";
import { timeToGo } from "../../web/parts/time-to-go";

test("the remaining time of a download follows its pace once that is known", () => {
  expect(timeToGo({ progress: 0.2, at: 0 }, { progress: 0.4, at: 10_000 })).toBeCloseTo(30_000);
  expect(timeToGo({ progress: 0.2, at: 0 }, { progress: 0.205, at: 10_000 })).toBeNull();
  expect(timeToGo({ progress: 0.2, at: 0 }, { progress: 0.4, at: 500 })).toBeNull();
});
