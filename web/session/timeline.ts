import type { Frame } from "../graphql/operations";

/** Most frames that the server returns at once. */
export const PAGE = 100;

/** Steps from `from` through `to`. */
export interface StepSpan {
  from: number;
  to: number;
}

/** The kept frames of a session that its page knows. */
export interface Timeline {
  /** Known frames, by step. */
  frames: readonly Frame[];
  /** Steps whose frames have not been requested yet, in order; a slow viewer skips some. */
  holes: readonly StepSpan[];
  /** Number of times that holes were filled. */
  fills: number;
}

export const emptyTimeline: Timeline = { frames: [], holes: [], fills: 0 };

/** The timeline with a new frame; skipped steps before it become a hole. */
export function withFrame(timeline: Timeline, frame: Frame): Timeline {
  const { frames, holes } = timeline;
  const lastKnown = Math.max(frames.at(-1)?.step ?? -1, holes.at(-1)?.to ?? -1);
  if (frame.step <= lastKnown) return { ...timeline, frames: merged(frames, [frame]) };
  const skipped = frame.step - lastKnown > 1 ? [...holes, { from: lastKnown + 1, to: frame.step - 1 }] : holes;
  return { ...timeline, frames: [...frames, frame], holes: skipped };
}

/** Whether the frame of a step has not been requested yet. */
export function isGap({ holes }: Timeline, step: number): boolean {
  return holes.some(({ from, to }) => from <= step && step <= to);
}

/**
 * The steps to request next, at most one page: those around the wanted step, or else the newest. Null when nothing is
 * missing.
 */
export function missing({ holes }: Timeline, wanted: number | null): StepSpan | null {
  const first = holes[0];
  const last = holes.at(-1);
  if (!first || !last) return null;
  const around = wanted === null ? undefined : holes.find(({ from, to }) => from <= wanted && wanted <= to);
  if (around && wanted !== null) {
    const from = Math.max(around.from, wanted - PAGE / 2);
    return { from, to: Math.min(around.to, from + PAGE - 1) };
  }
  return { from: Math.max(first.from, last.to - PAGE + 1), to: last.to };
}

/** How many steps are missing. */
export function missingCount({ holes }: Timeline): number {
  return holes.reduce((sum, { from, to }) => sum + to - from + 1, 0);
}

/** The timeline with all kept frames of a range. */
export function filled(timeline: Timeline, { from, to }: StepSpan, frames: readonly Frame[]): Timeline {
  const holes = timeline.holes.flatMap((hole) =>
    [
      { from: hole.from, to: Math.min(hole.to, from - 1) },
      { from: Math.max(hole.from, to + 1), to: hole.to },
    ].filter((rest) => rest.from <= rest.to),
  );
  return { frames: merged(timeline.frames, frames), holes, fills: timeline.fills + 1 };
}

/** The timeline without a frame that is no longer kept. */
export function withoutStep(timeline: Timeline, step: number): Timeline {
  return { ...timeline, frames: timeline.frames.filter((frame) => frame.step !== step) };
}

/** The known frame nearest to a step, the earlier one of two; null when none is known. */
export function nearest({ frames }: Timeline, step: number): Frame | null {
  const at = placeOf(frames, step);
  const before = frames[at - 1];
  const after = frames[at];
  if (!before || !after) return after ?? before ?? null;
  return after.step - step < step - before.step ? after : before;
}

/**
 * The frame `by` places after a step, or before it if negative; the outermost frame if there are fewer. Null if a long
 * hole lies between them.
 */
export function neighbour({ frames, holes }: Timeline, step: number, by: number): Frame | null {
  const at = placeOf(frames, step);
  // Between two frames, the next one is already one place further.
  const start = by > 0 && frames[at]?.step !== step ? at - 1 : at;
  const found = frames[Math.min(frames.length - 1, Math.max(0, start + by))];
  if (!found) return null;
  const [low, high] = [Math.min(step, found.step), Math.max(step, found.step)];
  return holes.some(({ from, to }) => to - from >= PAGE && from > low && to < high) ? null : found;
}

/** The place of the first frame at a step or after it. */
function placeOf(frames: readonly Frame[], step: number): number {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frames[middle]?.step ?? step) < step) low = middle + 1;
    else high = middle;
  }
  return low;
}

function merged(known: readonly Frame[], added: readonly Frame[]): readonly Frame[] {
  const steps = new Set(known.map(({ step }) => step));
  const fresh = added.filter(({ step }) => !steps.has(step));
  return fresh.length === 0 ? known : [...known, ...fresh].sort((a, b) => a.step - b.step);
}
