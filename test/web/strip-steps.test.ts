import { expect, test } from "vitest";
import { stripSteps } from "../../web/rooms/painting/scrub/strip-steps";

test("at most eight pictures are spread evenly along the track from step 0, the last one included", () => {
  for (const last of [1, 2, 3, 7, 8, 13, 14, 15, 150, 999, 5000]) {
    const steps = stripSteps(last);
    expect(steps[0]).toBe(0);
    expect(steps.length).toBeLessThanOrEqual(8);
    expect(steps.at(-1)).toBe(last);
    if (last >= 7) expect(steps.length).toBeGreaterThanOrEqual(4);
    const gaps = steps.slice(1).map((step, at) => step - (steps[at] ?? 0));
    expect(new Set(gaps.slice(0, -1)).size).toBeLessThanOrEqual(1);
    expect(gaps.at(-1)).toBeGreaterThan((gaps[0] ?? 1) / 2 - 1);
  }
  expect(stripSteps(0)).toEqual([0]);
});

test("the others change only when the history has doubled", () => {
  expect(stripSteps(100).slice(0, 4)).toEqual(stripSteps(110).slice(0, 4));
});
