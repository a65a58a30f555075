import { changedScales, type PictureSize, planScales, type Scale } from "../../server/records/scales";
import type { Painting } from "../graphql/operations";

/** The values of a change, with null or nothing where a setting stayed. */
type Values = Readonly<Record<string, unknown>>;

/**
 * Changes as they were before a painting grew: without the larger sizes, and without the steps that these needed. What
 * another painting is started with is the sketch, which may grow again.
 */
export function withoutGrowth(changes: readonly Values[]): Values[] {
  const grown = changes.findIndex(({ size }) => (size ?? null) !== null);
  return changes.map((values, place) => {
    const { size: _size, steps: _steps, ...others } = values;
    return grown < 0 || place < grown ? values : others;
  });
}

/** The size and the steps that a painting had before it grew. */
export function ungrown({ initialSettings, changes }: Pick<Painting, "initialSettings" | "changes">): { size: number; steps: number } {
  const { size, steps } = initialSettings;
  const stepsOf = ({ steps: asked }: Values) => (typeof asked === "number" ? [asked] : []);
  return { size, steps: withoutGrowth(changes).flatMap(stepsOf).at(-1) ?? steps };
}

/** The scales of a painting as they are planned now, with all changes. */
export function scalesOf({ initialSettings, content, initialStyles, changes }: Painting): readonly Scale[] {
  const { size, scales, steps } = initialSettings;
  const plan: readonly Scale[] = planScales(size, scales, steps, [content, ...initialStyles.map(({ image }) => image)]);
  return changes.reduce((before, change) => {
    if (change.step === null) return before;
    return changedScales(before, change.step, { size: change.size ?? undefined, steps: change.steps ?? undefined });
  }, plan);
}

/** Times that images `fromStep` and later take together, in times of one image with `size` px: time grows with the area. */
export function workFrom(scales: readonly Scale[], fromStep: number, size: number): number {
  return scales.reduce(
    (sum, scale) => sum + Math.max(0, scale.toStep + 1 - Math.max(scale.fromStep, fromStep)) * (scale.size / size) ** 2,
    0,
  );
}

/** Size of the finished painting: the content's proportions with the requested longer side, px. */
export function finalExtent(content: PictureSize, size: number): PictureSize {
  const scale = size / Math.max(content.width, content.height);
  return { width: Math.max(1, Math.round(content.width * scale)), height: Math.max(1, Math.round(content.height * scale)) };
}
