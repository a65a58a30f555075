import { describe, expect, test } from "vitest";
import { Schedule } from "../../server/art/schedule.js";
import type { EncodedPicture, StyleTransferWork } from "../../server/art/work.js";
import type { ChangeAtStep } from "../../server/records/changes.js";
import { planScales, replanScales } from "../../server/records/scales.js";
import { defaultSettings } from "../../server/records/settings.js";

const square = { width: 1000, height: 1000 };

describe("scales after a change of the number of steps", () => {
  const plan = planScales(512, 3, 100, [square]);

  test("painted scales stay, and the remaining steps are spread by the same rule", () => {
    const longer = replanScales(plan, 60, 200);
    expect(longer[0]).toEqual(plan[0]);
    expect(longer.map(({ size }) => size)).toEqual([128, 256, 512]);
    expect(longer[1]).toMatchObject({ fromStep: plan[1]!.fromStep });
    expect(longer[1]!.toStep).toBeGreaterThan(plan[1]!.toStep);
    expect(longer.at(-1)!.toStep).toBe(200);
  });

  test("every step has a scale, and the last picture has the full size", () => {
    for (let step = 0; step <= 100; step++) {
      for (const steps of [1, step, step + 1, step + 2, 99, 5000]) {
        const respread = replanScales(plan, step, steps);
        expect(respread[0]!.fromStep).toBe(0);
        for (const [index, scale] of respread.entries()) {
          expect(scale.toStep).toBeGreaterThanOrEqual(scale.fromStep);
          if (index > 0) expect(scale.fromStep).toBe(respread[index - 1]!.toStep + 1);
        }
        expect(respread.at(-1)!.size).toBe(512);
        const finest = step >= plan.at(-1)!.fromStep;
        expect(respread.at(-1)!.toStep).toBe(Math.max(steps, finest ? step : step + 1));
        const sizeAt = (of: typeof plan) => of.find(({ toStep }) => step <= toStep)!.size;
        expect(sizeAt(respread)).toBe(sizeAt(plan));
      }
    }
  });

  test("the same number of steps changes nothing", () => {
    for (const step of [0, 10, 49, 50, 75, 100]) expect(replanScales(plan, step, 100)).toEqual(plan);
  });
});

describe("the schedule of a painting", () => {
  const picture = { digest: "00", bytes: new Uint8Array() };
  const style = { ...picture, weight: 1 };
  const settings: StyleTransferWork["settings"] = { ...defaultSettings(), steps: 20, model: "tiny" };

  function scheduleOf(changes: ChangeAtStep<EncodedPicture>[]): Schedule {
    const network = { id: "tiny", path: "", sha256: "", architecture: { family: "vgg19" } } as const;
    return new Schedule({ kind: "STYLE_TRANSFER", settings, content: picture, styles: [style], changes, network }, [square, square]);
  }

  test("a change applies from its step on; of several changes of a step, the last one wins", () => {
    const schedule = scheduleOf([
      { step: 3, settings: { alpha: 2, beta: 5 }, styles: null },
      { step: 3, settings: { alpha: 3 }, styles: null },
      { step: 5, settings: {}, styles: [{ ...style, weight: 7 }] },
    ]);
    schedule.advanceTo(2);
    expect(schedule.work.settings.alpha).toBe(settings.alpha);
    schedule.advanceTo(3);
    expect(schedule.work.settings).toMatchObject({ alpha: 3, beta: 5, gamma: settings.gamma });
    schedule.advanceTo(5);
    expect(schedule.work.styles).toEqual([{ ...style, weight: 7 }]);
  });

  test("advancing to just before a step leaves the changes of that step pending", () => {
    const schedule = scheduleOf([
      { step: 3, settings: { alpha: 2 }, styles: null },
      { step: 4, settings: { alpha: 9 }, styles: null },
    ]);
    schedule.advanceBefore(4);
    expect(schedule.work.settings.alpha).toBe(2);
    schedule.advanceTo(4);
    expect(schedule.work.settings.alpha).toBe(9);
  });

  test("fewer steps than were painted end the painting with the current picture", () => {
    const schedule = scheduleOf([{ step: 8, settings: { steps: 2 }, styles: null }]);
    schedule.advanceTo(8);
    expect(schedule.work.settings.steps).toBe(8);
  });
});
