import { type ChangeAtStep, withChange } from "../records/changes.js";
import { type PictureSize, planScales, respreadScales, type Scale } from "./scales.js";
import type { EncodedPicture, StyleTransferWork } from "./work.js";

type Ahead = ChangeAtStep<EncodedPicture>;

/**
 * The course of a painting: settings, styles and scales in force, and the recorded changes that lie ahead. The same work
 * gives the same course, wherever a painter begins.
 */
export class Course {
  /** Settings and styles in force. */
  work: StyleTransferWork;
  plan: readonly Scale[];
  private readonly ahead: Ahead[];

  /** Begins at step 0, without the changes of that step. `pictures`: sizes of the content and of the styles at the beginning. */
  constructor(work: StyleTransferWork, pictures: readonly PictureSize[]) {
    const { size, scales, steps } = work.settings;
    this.work = work;
    this.plan = planScales(size, scales, steps, pictures);
    this.ahead = [...work.changes];
  }

  /** Adds a change; it must lie ahead. */
  add(change: Ahead): void {
    this.ahead.push(change);
  }

  /** Advances to just before the changes of `step`. */
  approach(step: number): void {
    this.apply((change) => change.step < step);
  }

  /** Puts the changes through `step` into force. */
  reach(step: number): void {
    this.apply((change) => change.step <= step);
  }

  /** The scale of picture `step`. */
  scaleAt(step: number): Scale {
    const scale = this.plan.find(({ fromStep, toStep }) => fromStep <= step && step <= toStep);
    if (!scale) throw new RangeError(`Step ${step} is in no scale.`);
    return scale;
  }

  private apply(isDue: (change: Ahead) => boolean): void {
    // In the order of their steps; changes of one step in the order in which they were added.
    for (let due = this.ahead.findIndex(isDue); due >= 0; due = this.ahead.findIndex(isDue)) {
      const [change] = this.ahead.splice(due, 1) as [Ahead];
      if (change.settings.steps !== undefined) this.plan = respreadScales(this.plan, change.step, change.settings.steps);
      const { settings, styles } = withChange(this.work, change);
      // A number of steps that is past becomes the step that was reached.
      this.work = { ...this.work, settings: { ...settings, steps: this.plan.at(-1)!.toStep }, styles };
    }
  }
}
