import { describe, expect, test } from "vitest";
import type { Frame } from "../../web/graphql/operations";
import {
  emptyTimeline,
  filled,
  isGap,
  missing,
  missingCount,
  nearest,
  neighbour,
  type Timeline,
  withFrame,
  withoutStep,
} from "../../web/session/timeline";

function frame(step: number): Frame {
  return { step, url: `/frames/a/${step}`, width: 8, height: 8, mimeType: "image/jpeg", computeMs: 1, createdAt: "", losses: null };
}

const seen = (...steps: number[]) => steps.map(frame).reduce(withFrame, emptyTimeline);
const steps = ({ frames }: Timeline) => frames.map(({ step }) => step);

describe("the timeline of kept frames", () => {
  test("lists missing frames, and never requests the same frames twice", () => {
    const opened = seen(7);
    expect(missing(opened, null)).toEqual({ from: 0, to: 6 });
    const page = filled(opened, { from: 0, to: 3 }, [frame(0), frame(2), frame(3)]);
    expect(missing(page, null)).toEqual({ from: 4, to: 6 });
    const whole = filled(page, { from: 4, to: 6 }, [frame(4)]);
    expect(missing(whole, null)).toBeNull();
    expect(steps(whole)).toEqual([0, 2, 3, 4, 7]);
  });

  test("has holes where live frames were skipped, until a page fills them", () => {
    const skipped = seen(0, 1, 4, 5, 9);
    expect(skipped.holes).toEqual([
      { from: 2, to: 3 },
      { from: 6, to: 8 },
    ]);
    const once = filled(skipped, { from: 2, to: 8 }, [2, 3, 4, 5, 6, 7, 8].map(frame));
    expect(missing(once, null)).toBeNull();
    expect(steps(once)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(missing(seen(0, 1, 2), null)).toBeNull();
  });

  test("requests the newest frames first, unless others are wanted", () => {
    const opened = seen(1000);
    expect(missing(opened, null)).toEqual({ from: 900, to: 999 });
    expect(missing(opened, 140)).toEqual({ from: 90, to: 189 });
    expect(missing(opened, 7)).toEqual({ from: 0, to: 99 });
    const around = filled(opened, { from: 90, to: 189 }, [frame(140)]);
    expect(missingCount(around)).toBe(900);
    expect([89, 140, 190].map((step) => isGap(around, step))).toEqual([true, false, true]);
    expect(missing(around, 140)).toEqual({ from: 900, to: 999 });
    expect(neighbour(around, 140, 1)).toBeNull();
  });

  test("keeps a frame once, however it came", () => {
    const twice = withFrame(filled(seen(0, 3), { from: 1, to: 2 }, [frame(1), frame(2), frame(3)]), frame(2));
    expect(steps(twice)).toEqual([0, 1, 2, 3]);
  });

  test("finds the kept frame nearest to a step of a thinned history", () => {
    const thinned = filled(seen(40), { from: 0, to: 39 }, [0, 8, 16, 24, 32].map(frame));
    expect([0, 3, 4, 5, 15, 30, 100].map((step) => nearest(thinned, step)?.step)).toEqual([0, 0, 0, 8, 16, 32, 40]);
    expect(nearest(emptyTimeline, 3)).toBeNull();
  });

  test("steps from picture to picture, and stops at the ends", () => {
    const thinned = filled(seen(40), { from: 0, to: 39 }, [0, 8, 16].map(frame));
    const from = (step: number, by: number) => neighbour(thinned, step, by)?.step;
    expect([from(8, 1), from(8, -1), from(16, 1), from(0, -1), from(40, 1), from(0, 10), from(40, -10)]).toEqual([16, 0, 40, 0, 40, 40, 0]);
    expect([from(9, 1), from(9, -1)]).toEqual([16, 8]);
    expect(neighbour(emptyTimeline, 0, 1)).toBeNull();
  });

  test("forgets a frame that is no longer kept", () => {
    expect(steps(withoutStep(seen(0, 1, 2), 1))).toEqual([0, 2]);
  });
});
