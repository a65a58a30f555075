import { describe, expect, test } from "vitest";
import { type Setting, styleTransferSettings } from "../../server/records/settings";
import { LAST_POSITION, positionOf, valueAt } from "../../web/parts/slider-scale";

const positions = Array.from({ length: LAST_POSITION + 1 }, (_, position) => position);

const ranges = Object.entries<Setting>(styleTransferSettings).flatMap(([name, setting]) =>
  setting.kind === "number" ? [[name, setting] as const] : [],
);

describe.each(ranges)("the slider of %s", (_name, setting) => {
  test("gives rising values within the limits", () => {
    const values = positions.map((position) => valueAt(setting, position));
    for (const value of values) {
      expect(value).toBeGreaterThanOrEqual(setting.min);
      expect(value).toBeLessThanOrEqual(setting.max);
      if (setting.integer) expect(Number.isInteger(value)).toBe(true);
    }
    expect(values).toEqual([...values].sort((a, b) => a - b));
  });

  test("shows the default where the slider is closest to it", () => {
    const value = valueAt(setting, positionOf(setting, setting.default));
    expect(Math.abs(value - setting.default)).toBeLessThanOrEqual(setting.default * 0.05);
  });
});

test("a logarithmic slider reaches 0 if 0 is allowed, and stays at its end for values beyond it", () => {
  const { alpha } = styleTransferSettings;
  expect(valueAt(alpha, 0)).toBe(0);
  expect(positionOf(alpha, 0)).toBe(0);
  expect(valueAt(alpha, 1)).toBeGreaterThan(0);
  expect(positionOf(alpha, alpha.max)).toBe(LAST_POSITION);
});

test("a linear slider for a share gives short decimals", () => {
  const share = { min: 0, max: 1, default: 0, integer: false, scale: "linear" } as const;
  for (const position of positions) expect(String(valueAt(share, position)).length).toBeLessThanOrEqual(5);
  expect([valueAt(share, 0), valueAt(share, LAST_POSITION)]).toEqual([0, 1]);
});
