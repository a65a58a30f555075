import type { Frame } from "../graphql/operations";

/** Frames that the server gives at once. */
export const PAGE = 100;

/** Steps from `from` through `to`. */
export interface StepRange {
  from: number;
  to: number;
}

/** The kept frames of a session as far as its page knows them. */
export interface Timeline {
  /** By step. */
  frames: readonly Frame[];
  /** Steps whose frames have yet to be asked for, in order; a viewer that is too slow leaves some out. */
  holes: readonly StepRange[];
  /** How often holes were filled. */
  fills: number;
}

export const emptyTimeline: Timeline = { frames: [], holes: [], fills: 0 };

/** A frame as it came; what lies between it and the newest one before is a hole. */
export function withFrame(timeline: Timeline, frame: Frame): Timeline {
  const { frames, holes } = timeline;
  const lastKnown = Math.max(frames.at(-1)?.step ?? -1, holes.at(-1)?.to ?? -1);
  if (frame.step <= lastKnown) return { ...timeline, frames: merged(frames, [frame]) };
  const skipped = frame.step - lastKnown > 1 ? [...holes, { from: lastKnown + 1, to: frame.step - 1 }] : holes;
  return { ...timeline, frames: [...frames, frame], holes: skipped };
}

/** Whether the frame of a step, if it is kept, has yet to be asked for. */
export function isMissing({ holes }: Timeline, step: number): boolean {
  return holes.some(({ from, to }) => from <= step && step <= to);
}

/**
 * What to ask for next, as many steps as the server gives frames at once: those around a step that is wanted now, else the
 * newest. Null when nothing is missing.
 */
export function missing({ holes }: Timeline, wanted: number | null): StepRange | null {
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

/** With the kept frames of a range, which are all that there are. */
export function filled(timeline: Timeline, { from, to }: StepRange, frames: readonly Frame[]): Timeline {
  const holes = timeline.holes.flatMap((hole) =>
    [
      { from: hole.from, to: Math.min(hole.to, from - 1) },
      { from: Math.max(hole.from, to + 1), to: hole.to },
    ].filter((rest) => rest.from <= rest.to),
  );
  return { frames: merged(timeline.frames, frames), holes, fills: timeline.fills + 1 };
}

/** Without a frame that turned out to be kept no more. */
export function withoutStep(timeline: Timeline, step: number): Timeline {
  return { ...timeline, frames: timeline.frames.filter((frame) => frame.step !== step) };
}

/** The kept frame nearest to a step, of two the earlier one; null when none is known. */
export function nearest({ frames }: Timeline, step: number): Frame | null {
  const at = placeOf(frames, step);
  const before = frames[at - 1];
  const after = frames[at];
  if (!before || !after) return after ?? before ?? null;
  return after.step - step < step - before.step ? after : before;
}

/**
 * The frame `by` places after that of a step, or before where it is negative; the last one where there are not so many. Null
 * where something is missing between them.
 */
export function neighbour({ frames, holes }: Timeline, step: number, by: number): Frame | null {
  const at = placeOf(frames, step);
  // Between two frames the next one is one place further already.
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
