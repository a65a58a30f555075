import { changedScales } from "../../../server/records/scales";
import { styleTransferSettings } from "../../../server/records/settings";
import type { Frame, Painting } from "../../graphql/operations";
import { scalesOf, workFrom } from "../growth";

/** A size that a finished painting can grow to. */
export interface Enlargement {
  /** Longer side, px. */
  size: number;
  /** Steps of the whole painting then. */
  steps: number;
  /** Time that it takes, ms. */
  ms: number;
}

/** Steps for each new scale: a scale begins with the strokes of the one before, so it needs few. */
const STEPS_OF_SCALE = 24;

/** Least factor by which a painting grows. */
const LEAST_GROWTH = 1.25;

/**
 * The sizes that a finished painting can grow to, doubling up to `maxSize` px. The times follow from that of its last
 * picture, because time grows with the area.
 */
export function enlargements(painting: Painting, last: Pick<Frame, "step" | "computeMs">, maxSize: number): Enlargement[] {
  const { size } = painting.settings;
  const doublings = [2, 4, 8, 16, 32, 64].map((factor) => factor * size).filter((larger) => larger < maxSize);
  return [...doublings, maxSize]
    .filter((larger, place, all) => larger >= LEAST_GROWTH * (all[place - 1] ?? size))
    .flatMap((larger) => {
      const count = Math.ceil(Math.log2(larger / size));
      const steps = Math.min(styleTransferSettings.steps.max, last.step + STEPS_OF_SCALE * count);
      if (steps <= last.step) return [];
      const scales = changedScales(scalesOf(painting), last.step, { size: larger, steps });
      return [{ size: larger, steps, ms: last.computeMs * workFrom(scales, last.step + 1, size) }];
    });
}

/** The largest of the sizes that is painted within `ms`, else the smallest. */
export function usualEnlargement(sizes: readonly Enlargement[], ms: number): Enlargement | undefined {
  return sizes.findLast((one) => one.ms <= ms) ?? sizes[0];
}
