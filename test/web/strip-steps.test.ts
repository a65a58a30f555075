import { expect, test } from "vitest";
import { stripSteps } from "../../web/rooms/painting/scrub/strip-steps";

test("at most eight pictures are spread evenly along the track from step 0", () => {
  for (const last of [1, 2, 3, 7, 8, 13, 14, 15, 150, 999, 5000]) {
    const steps = stripSteps(last);
    expect(steps[0]).toBe(0);
    expect(steps.length).toBeLessThanOrEqual(8);
    expect(steps.at(-1)).toBeLessThanOrEqual(last);
    if (last >= 7) expect(steps.length).toBeGreaterThanOrEqual(4);
    expect(new Set(steps.slice(1).map((step, at) => step - (steps[at] ?? 0))).size).toBeLessThanOrEqual(1);
  }
  expect(stripSteps(0)).toEqual([0]);
});

test("they change only when the history has doubled", () => {
  expect(stripSteps(100).slice(0, 4)).toEqual(stripSteps(110).slice(0, 4));
});
