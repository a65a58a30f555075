import { describe, expect, test } from "vitest";
import { Schedule } from "../../server/art/schedule.js";
import type { EncodedPicture, StyleTransferWork } from "../../server/art/work.js";
import type { ChangeAtStep } from "../../server/records/changes.js";
import { growScales, planScales, replanScales } from "../../server/records/scales.js";
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

describe("scales after a painting grew", () => {
  const plan = planScales(256, 1, 150, [square]);

  test("the current scale ends, and new ones that about double share the remaining steps", () => {
    expect(growScales(plan, 150, 1024, 210)).toEqual([
      { size: 256, fromStep: 0, toStep: 150, hasEnded: true },
      { size: 512, fromStep: 151, toStep: 179 },
      { size: 1024, fromStep: 180, toStep: 210 },
    ]);
    expect(growScales(plan, 150, 520, 210).map(({ size }) => size)).toEqual([256, 520]);
    expect(growScales(plan, 150, 700, 210).map(({ size }) => size)).toEqual([256, 423, 700]);
  });

  test("another number of steps at the same step does not bring the ended scale back", () => {
    const grown = growScales(plan, 40, 512, 80);
    expect(replanScales(grown, 40, 200)).toEqual([grown[0], { size: 512, fromStep: 41, toStep: 200 }]);
    expect(replanScales(grown, 40, 10).at(-1)).toEqual({ size: 512, fromStep: 41, toStep: 41 });
    expect(replanScales(grown, 41, 200).at(-1)).toEqual({ size: 512, fromStep: 41, toStep: 200 });
  });

  test("scales that were still to come stay", () => {
    const growing = growScales(planScales(512, 3, 100, [square]), 10, 1024, 100);
    expect(growing.map(({ size }) => size)).toEqual([128, 256, 512, 1024]);
    expect(growing[0]).toEqual({ size: 128, fromStep: 0, toStep: 10, hasEnded: true });
  });

  test("every step has a scale, and the last picture has the new size, however few steps are left", () => {
    for (const step of [0, 1, 75, 149, 150]) {
      for (const steps of [1, 150, 151, 152, 153, 400]) {
        const grown = growScales(plan, step, 2048, steps);
        for (const [index, scale] of grown.entries()) {
          expect(scale.toStep).toBeGreaterThanOrEqual(scale.fromStep);
          expect(scale.fromStep).toBe(index === 0 ? 0 : grown[index - 1]!.toStep + 1);
        }
        expect(grown[0]).toEqual({ size: 256, fromStep: 0, toStep: step, hasEnded: true });
        expect(grown.at(-1)).toMatchObject({ size: 2048, toStep: Math.max(steps, step + 1) });
      }
    }
  });
});

describe("the schedule of a painting", () => {
  const picture = { digest: "00", bytes: new Uint8Array() };
  const style = { ...picture, weight: 1 };
  const settings: StyleTransferWork["settings"] = { ...defaultSettings(), steps: 20, model: "tiny" };

  const network = { id: "tiny", path: "", sha256: "", architecture: { family: "vgg19" } } as const;

  function scheduleOf(changes: ChangeAtStep<EncodedPicture>[], other: Partial<StyleTransferWork> = {}): Schedule {
    const work: StyleTransferWork = { kind: "STYLE_TRANSFER", settings, content: picture, styles: [style], changes, network };
    return new Schedule({ ...work, ...other }, [square, square]);
  }

  test("a change applies from its step on; the last of several changes at one step wins", () => {
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

  test("a painting grows from the step of the change on, and never shrinks", () => {
    const schedule = scheduleOf([
      { step: 20, settings: { size: 1024, steps: 40 }, styles: null },
      { step: 30, settings: { size: 300, steps: 50 }, styles: null },
    ]);
    schedule.advanceTo(20);
    expect([20, 21, 40].map((step) => schedule.scaleAt(step).size)).toEqual([256, 512, 1024]);
    schedule.advanceTo(30);
    expect(schedule.work.settings).toMatchObject({ size: 1024, steps: 50 });
    expect(schedule.scaleAt(50).size).toBe(1024);
  });

  test("the network of a draft paints no scale of a painting that grew", () => {
    const draftNetwork = { ...network, id: "draft" };
    const drafted = { settings: { ...settings, draft: true, scales: 2 }, draftNetwork };
    const schedule = scheduleOf([{ step: 20, settings: { size: 512, steps: 30 }, styles: null }], drafted);
    expect([0, 20].map((step) => schedule.workAt(step).network.id)).toEqual(["draft", "tiny"]);
    schedule.advanceTo(20);
    expect([0, 20, 21].map((step) => schedule.workAt(step).network.id)).toEqual(["draft", "tiny", "tiny"]);
  });
});
