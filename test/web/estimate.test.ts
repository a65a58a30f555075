import { describe, expect, test } from "vitest";
import { estimate, type Measured, measuredOf, type Plan, pixelsOf } from "../../web/rooms/easel/estimate";

const plan = { model: "vgg19-lite", optimizer: "ADAM", pixels: 40_000, steps: 100, scales: 1, draft: false };
const took = (ms: number, changes: Partial<Measured> = {}): Measured => ({ ...plan, ms, ...changes });

/** The middle of the estimate, ms. */
const middle = (asked: Plan, measured: readonly Measured[]) => {
  const range = estimate(asked, measured);
  return range && (range.from + range.to) / 2;
};

describe("the estimate for a painting", () => {
  test("is missing if no similar painting was measured", () => {
    expect(estimate(plan, [])).toBeNull();
    expect(estimate(plan, [took(1000, { model: "vgg19" }), took(1000, { optimizer: "LBFGS" }), took(1000, { draft: true })])).toBeNull();
  });

  test("grows with steps and pixels, and follows the median of three paintings", () => {
    expect(estimate(plan, [took(2000)])).toEqual({ from: 1700, to: 2300 });
    expect(middle({ ...plan, steps: 300, pixels: 80_000 }, [took(2000)])).toBeCloseTo(12_000);
    expect(middle(plan, [took(2000), took(90_000), took(2400)])).toBeCloseTo(2400);
  });

  test("prefers paintings of similar size and with the same number of scales", () => {
    const small = [1, 2, 3].map(() => took(100, { pixels: 11_000 }));
    const like = [1, 2, 3].map(() => took(1900, { pixels: 39_000 }));
    expect(middle(plan, [...small, ...like])).toBeCloseTo(1949, 0);
    expect(middle(plan, [took(2000, { scales: 3 })])).toBeCloseTo(2000);
    expect(middle(plan, [took(2000, { scales: 3 }), took(3000)])).toBeCloseTo(3000);
  });

  test("ignores paintings that are too small or too short", () => {
    expect(estimate(plan, [took(100, { pixels: 9000 }), took(100, { steps: 10 })])).toBeNull();
  });

  test("ignores branches, and paintings that are incomplete or shared the device", () => {
    const node = {
      startedAt: "2026-01-01T00:00:00Z",
      finishedAt: "2026-01-01T00:00:10Z",
      status: "COMPLETED" as const,
      step: 100,
      branchedAtStep: null,
      settings: { steps: 100, size: 200, scales: 1, optimizer: "ADAM" as const, model: "vgg19-lite" },
      content: { width: 1000, height: 500 },
      latestFrame: { computeMs: 95 },
    };
    expect(measuredOf([node])).toEqual([{ model: "vgg19-lite", optimizer: "ADAM", steps: 100, scales: 1, pixels: 20_000, ms: 10_000 }]);
    for (const other of [
      { ...node, branchedAtStep: 3 },
      { ...node, step: 50 },
      { ...node, status: "CANCELLED" as const },
    ])
      expect(measuredOf([other])).toEqual([]);
    expect(measuredOf([{ ...node, finishedAt: "2026-01-01T01:00:10Z" }])).toEqual([]);
    const during = { ...node, startedAt: "2026-01-01T00:00:05Z", finishedAt: null, status: "RUNNING" as const };
    expect(measuredOf([node, during])).toEqual([]);
    const after = { ...during, startedAt: "2026-01-01T00:00:09.500Z" };
    expect(measuredOf([node, after])).toHaveLength(1);
    expect(pixelsOf({ width: 500, height: 1000 }, 100)).toBe(5000);
  });
});
