/** Size of a picture, px. */
export interface PictureSize {
  width: number;
  height: number;
}

/** One scale of a coarse-to-fine painting: images `fromStep` to `toStep` have `size` px on their longer side. */
export interface Scale {
  size: number;
  fromStep: number;
  /** Inclusive. The next scale starts one step later, with this scale's last image updated and enlarged. */
  toStep: number;
  /** Set for a scale that ended because the painting grew: another number of steps does not prolong it. */
  hasEnded?: true;
}

/** Ratio of a scale's size to that of the next finer scale. */
const SCALE_RATIO = 0.5;

/** Doublings by which a growing painting's scales may lie further apart, so that 256 px grow to 520 px in one scale. */
const RATIO_TOLERANCE = 0.1;

/** Share of the remaining steps for each scale but the finest. Coarse steps are cheap and place the large strokes. */
const COARSE_SHARE = 0.5;

/** Shortest side that a picture may have on a coarse scale, px: every layer of VGG-19 still has a value there. */
const MIN_COARSE_SIDE = 32;

/**
 * Spreads `steps` optimiser steps over at most `scales` sizes that double up to `size`, coarse to fine. Images are
 * numbered 0 to `steps`; image `steps` always belongs to the finest scale. Scales at which one of `pictures` would be
 * too narrow are left out.
 */
export function planScales(size: number, scales: number, steps: number, pictures: readonly PictureSize[]): Scale[] {
  const sizes = [size];
  while (sizes.length < Math.min(scales, steps + 1)) {
    const coarser = Math.round(sizes[0]! * SCALE_RATIO);
    const sides = pictures.map((picture) => fitLongerSide(picture, coarser)).flatMap(({ width, height }) => [width, height]);
    if (Math.min(coarser, ...sides) < MIN_COARSE_SIDE) break;
    sizes.unshift(coarser);
  }
  return spread(sizes, 0, 0, steps);
}

/**
 * Changes a plan to another number of steps while image `step` is painted. Scales before that image stay; its scale and
 * the finer ones share the remaining steps by the rule of `planScales`. The last image is on the finest scale, and it
 * is at least image `step`, or the one after it where finer scales are still to come.
 */
export function replanScales(plan: readonly Scale[], step: number, steps: number): Scale[] {
  const current = scaleIndexAt(plan, step);
  const { fromStep, hasEnded } = plan[current]!;
  const sizes = plan.slice(current).map(({ size }) => size);
  const end = Math.max(steps, sizes.length > 1 ? step + 1 : step);
  if (hasEnded) return [...plan.slice(0, current + 1), ...spread(sizes.slice(1).slice(step - end), step + 1, step + 1, end)];
  // Drops the scales between for which no image is left.
  while (sizes.length > 1 + end - step) sizes.splice(1, 1);
  return [...plan.slice(0, current), ...spread(sizes, fromStep, step, end)];
}

/** A plan after a change at image `step`: of the number of `steps`, of the `size` in px, or of both. */
export function changedScales(plan: readonly Scale[], step: number, { size, steps }: { size?: number; steps?: number }): readonly Scale[] {
  const finest = plan.at(-1)!;
  if (size !== undefined && size > finest.size) return growScales(plan, step, size, steps ?? finest.toStep);
  return steps === undefined ? plan : replanScales(plan, step, steps);
}

/**
 * Lets a plan grow to `size` px, which is larger than its finest scale, while image `step` is painted. The scale of that
 * image ends with it. The finer scales of the plan and new ones, each about twice as large as the one before, share the
 * images through `steps` by the rule of `planScales`. At least one image has `size`; where there are too few for all
 * scales, the coarser ones are left out.
 */
export function growScales(plan: readonly Scale[], step: number, size: number, steps: number): Scale[] {
  const current = scaleIndexAt(plan, step);
  const finer = plan.slice(current + 1).map((scale) => scale.size);
  const sizes = [...finer, ...sizesBetween(plan.at(-1)!.size, size)];
  const end = Math.max(steps, step + 1);
  const fitting = sizes.slice(-(end - step));
  return [...plan.slice(0, current), { ...plan[current]!, toStep: step, hasEnded: true }, ...spread(fitting, step + 1, step + 1, end)];
}

/** Sizes above `from` through `to` px, in equal ratios. */
function sizesBetween(from: number, to: number): number[] {
  const count = Math.max(1, Math.ceil(Math.log2(to / from) - RATIO_TOLERANCE));
  return Array.from({ length: count }, (_, index) => Math.round(from * (to / from) ** ((index + 1) / count)));
}

function scaleIndexAt(plan: readonly Scale[], step: number): number {
  return plan.findIndex(({ toStep }) => step <= toStep);
}

/** Spreads images `fromStep` to `steps` over `sizes`; the first scale has at least those through `paintedStep`. */
function spread(sizes: readonly number[], fromStep: number, paintedStep: number, steps: number): Scale[] {
  const plan: Scale[] = [];
  let begin = fromStep;
  for (const [index, size] of sizes.entries()) {
    const finer = sizes.length - 1 - index;
    const share = begin - 1 + Math.max(1, Math.floor((steps - begin) * COARSE_SHARE));
    // Each finer scale keeps at least one image.
    const toStep = finer === 0 ? steps : Math.min(steps - finer, Math.max(share, index === 0 ? paintedStep : begin));
    plan.push({ size, fromStep: begin, toStep });
    begin = toStep + 1;
  }
  return plan;
}

/** Scales a size so that its longer side is exactly `longerSide` px; the other side is rounded, to at least 1 px. */
export function fitLongerSide(picture: PictureSize, longerSide: number): PictureSize {
  const ratio = longerSide / Math.max(picture.width, picture.height);
  const fit = (side: number, other: number) => (side >= other ? longerSide : Math.max(1, Math.round(side * ratio)));
  return { width: fit(picture.width, picture.height), height: fit(picture.height, picture.width) };
}
