import type { ResultOf } from "gql.tada";
import { type PictureSize, planScales } from "../../../server/records/scales";
import { DRAFT_MODEL } from "../../../server/records/settings";
import type { StepTimesQuery } from "../../graphql/operations";
import { pixelsOf } from "./estimate";
import type { Range } from "./range";

/** What the server measured with one network, the smallest size first. */
export type StepTimes = NonNullable<ResultOf<typeof StepTimesQuery>["server"]["stepTimes"]>;

/** Factor by which a painting takes longer than its steps do in a measurement, because its pictures are stored and shown. */
export const STORING = 1.3;

/** A painting to estimate from the times of its steps. */
export interface Course {
  model: string;
  /** Longer side, px. */
  size: number;
  steps: number;
  scales: number;
  draft: boolean;
}

/** The networks that paint it: with a draft, another one paints all scales but the last. */
export function modelsOf({ model, draft }: Pick<Course, "model" | "draft">): string[] {
  return draft && model !== DRAFT_MODEL ? [model, DRAFT_MODEL] : [model];
}

/**
 * How long a painting of a photo takes, from the times of its steps by network; null where one is missing or could not
 * be measured.
 */
export function courseTime(course: Course, photo: PictureSize, timesOf: (model: string) => StepTimes | null): Range | null {
  const plan = planScales(course.size, course.scales, course.steps, [photo]);
  const total = { from: 0, to: 0 };
  for (const scale of plan) {
    const isLast = scale === plan.at(-1);
    const times = timesOf(course.draft && !isLast ? DRAFT_MODEL : course.model);
    const step = times && stepTime(times, pixelsOf(photo, scale.size));
    if (!step) return null;
    const steps = scale.toStep - scale.fromStep + 1;
    total.from += STORING * steps * step.from;
    total.to += STORING * steps * step.to;
  }
  return total;
}

/**
 * The time of a step with so many pixels. At best it grows from the largest measured size on as it grew between the measured
 * ones; at worst it grows with the number of pixels, as if a step had no fixed costs. Where the device is so slow that only
 * one size was measured, it has next to none. Null if nothing was measured.
 */
function stepTime(times: StepTimes, pixels: number): Range | null {
  const [smallest, largest] = [times[0], times.at(-1)];
  if (!smallest || !largest) return null;
  const share = pixels / largest.pixels;
  if (smallest === largest) return { from: largest.fastestMs * share, to: largest.slowestMs * share };
  const slope = Math.max(0, largest.fastestMs - smallest.fastestMs) / (largest.pixels - smallest.pixels);
  const from = Math.max(smallest.fastestMs, largest.fastestMs + slope * (pixels - largest.pixels));
  return { from, to: Math.max(from, smallest.slowestMs, largest.slowestMs * share) };
}
