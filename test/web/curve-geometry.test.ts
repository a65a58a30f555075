import { expect, test } from "vitest";
import { CurveScale, nearestPoint, weightedTerms } from "../../web/parts/curve-geometry";

/** Points with these totals and nothing else. */
const totals = (...values: number[]) => values.map((total) => ({ total, content: 0, style: 0, tv: 0 }));
const area = { left: 10, top: 0, width: 100, height: 50 };

test("values are drawn on a logarithmic axis, with the greatest at the top", () => {
  const scale = new CurveScale(area, 20, totals(100, 1));
  expect([scale.y(100), scale.y(10), scale.y(1)]).toEqual([0, 25, 50]);
  expect(scale.decades()).toEqual([0, 1, 2]);
  expect(scale.x(10)).toBe(60);
});

test("the line omits values without a logarithm", () => {
  const scale = new CurveScale(area, 2, totals(0, 10, 1));
  const points = [0, 10, 1].map((value, step) => ({ step, value }));
  expect(scale.path(points)).toBe("M60.0 0.0L110.0 50.0");
  expect(new CurveScale(area, 2, []).path([])).toBe("");
});

test("a term far below the total does not squeeze the total", () => {
  const scale = new CurveScale(area, 2, [
    { total: 100, content: 0, style: 100, tv: 1e-6 },
    { total: 10, content: 1, style: 9, tv: 2e-6 },
  ]);
  expect(scale.top - scale.bottom).toBe(3);
  expect(scale.path([{ step: 1, value: 1e-6 }])).toBe("");
  const steep = new CurveScale(area, 2, totals(1e6, 1e-6));
  expect(steep.top - steep.bottom).toBe(5);
});

test("terms are drawn with their weights in J", () => {
  const point = { step: 0, total: 1.5, content: 0.5, style: 0.01, tv: 1 };
  expect(weightedTerms(point, { alpha: 1, beta: 100, gamma: 0.02 })).toEqual({ total: 1.5, content: 0.5, style: 1, tv: 0.02 });
});

test("a place on the plot is a step within the range of the curve", () => {
  const scale = new CurveScale({ left: 30, top: 0, width: 200, height: 100 }, 100, []);
  expect([0, 30, 130, 230, 500].map((x) => scale.stepAt(x))).toEqual([0, 0, 50, 100, 100]);
  expect(scale.stepAt(scale.x(37))).toBe(37);
});

test("the nearest point of a curve is found", () => {
  const points = [0, 10, 20].map((step) => ({ step }));
  expect([0, 4, 6, 17, 99].map((step) => nearestPoint(points, step)?.step)).toEqual([0, 0, 10, 20, 20]);
  expect(nearestPoint([], 3)).toBeNull();
});
