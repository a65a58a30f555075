import { type PictureSize, planScales, respreadScales, type Scale } from "./scales.js";
import type { Steering, StyleTransferWork } from "./work.js";

/**
 * What a painting follows: settings, styles and scales as they are in force, and the recorded changes that lie ahead. The
 * same work brings the same course, wherever a painter begins.
 */
export class Course {
  /** Settings and styles in force. */
  work: StyleTransferWork;
  plan: readonly Scale[];
  readonly #ahead: Steering[];

  /** In force at step 0, without changes of that step. `pictures`: sizes of the content and of the styles at the beginning. */
  constructor(work: StyleTransferWork, pictures: readonly PictureSize[]) {
    const { size, scales, steps } = work.settings;
    this.work = work;
    this.plan = planScales(size, scales, steps, pictures);
    this.#ahead = [...work.changes];
  }

  /** Adds a change; it must lie ahead. */
  add(steering: Steering): void {
    this.#ahead.push(steering);
  }

  /** Goes on to just before the changes of `step`. */
  approach(step: number): void {
    this.#apply((steering) => steering.step < step);
  }

  /** Puts the changes through `step` into force. */
  reach(step: number): void {
    this.#apply((steering) => steering.step <= step);
  }

  /** The scale of picture `step`. */
  scaleAt(step: number): Scale {
    const scale = this.plan.find(({ fromStep, toStep }) => fromStep <= step && step <= toStep);
    if (!scale) throw new RangeError(`Step ${step} is in no scale.`);
    return scale;
  }

  #apply(isDue: (steering: Steering) => boolean): void {
    // In their order; those of one step in the order in which they were added.
    for (let due = this.#ahead.findIndex(isDue); due >= 0; due = this.#ahead.findIndex(isDue)) {
      const [{ step, settings, styles }] = this.#ahead.splice(due, 1) as [Steering];
      if (settings.steps !== undefined) this.plan = respreadScales(this.plan, step, settings.steps);
      const steps = this.plan.at(-1)!.toStep;
      this.work = {
        ...this.work,
        settings: { ...this.work.settings, ...settings, steps },
        styles: styles ?? this.work.styles,
      };
    }
  }
}
