import type { Frame } from "../../graphql/operations";

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

/** What to ask for next: all holes in one; null when there are none. */
export function missing({ holes }: Timeline): StepRange | null {
  const first = holes[0];
  const last = holes.at(-1);
  return first && last ? { from: first.from, to: last.to } : null;
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

/** The frame `by` places after that of a step, or before where it is negative; the last one where there are not so many. */
export function neighbour({ frames }: Timeline, step: number, by: number): Frame | null {
  const at = placeOf(frames, step);
  // Between two frames the next one is one place further already.
  const start = by > 0 && frames[at]?.step !== step ? at - 1 : at;
  return frames[Math.min(frames.length - 1, Math.max(0, start + by))] ?? null;
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
