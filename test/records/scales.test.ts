import { expect, test } from "vitest";
import { fitLongerSide, planScales } from "../../server/records/scales.js";

const square = { width: 100, height: 100 };

test("a single scale has every image", () => {
  expect(planScales(256, 1, 150, [square])).toEqual([{ size: 256, fromStep: 0, toStep: 150 }]);
});

test.each([
  [512, 2, 100],
  [512, 4, 3],
  [2048, 6, 5000],
  [256, 3, 1],
])(
  "plans of %i px, %i scales and %i steps cover every image once, coarse to fine, and end at the requested size",
  (size, scales, steps) => {
    const plan = planScales(size, scales, steps, [square]);
    expect(plan.length).toBeLessThanOrEqual(scales);
    expect(plan[0]!.fromStep).toBe(0);
    expect(plan.at(-1)).toMatchObject({ size, toStep: steps });
    for (const [i, scale] of plan.entries()) {
      expect(scale.toStep).toBeGreaterThanOrEqual(scale.fromStep);
      if (i > 0) {
        expect(scale.fromStep).toBe(plan[i - 1]!.toStep + 1);
        expect(scale.size).toBeGreaterThan(plan[i - 1]!.size);
      }
    }
  },
);

test("scales at which a picture would be too narrow are left out", () => {
  expect(planScales(512, 3, 50, [square, { width: 1000, height: 100 }])).toHaveLength(1);
  expect(planScales(512, 3, 50, [square])).toHaveLength(3);
  expect(planScales(60, 6, 50, [square])).toHaveLength(1);
});

test("the longer side is exact; the other keeps the shape and is at least 1 px", () => {
  expect(fitLongerSide({ width: 1000, height: 667 }, 256)).toEqual({ width: 256, height: 171 });
  expect(fitLongerSide({ width: 667, height: 1000 }, 256)).toEqual({ width: 171, height: 256 });
  expect(fitLongerSide({ width: 33, height: 33 }, 512)).toEqual({ width: 512, height: 512 });
  expect(fitLongerSide({ width: 5000, height: 1 }, 64)).toEqual({ width: 64, height: 1 });
});
