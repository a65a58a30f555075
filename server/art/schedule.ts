import { type ChangeAtStep, withChange } from "../records/changes.js";
import { changedScales, type PictureSize, planScales, type Scale } from "../records/scales.js";
import type { EncodedPicture, StyleTransferWork } from "./work.js";

/**
 * The settings, styles and scales that are in force at each step of a style transfer. The schedule follows from the
 * work alone, the settings of step 0 and the recorded changes, so a painter may start at any step.
 */
export class Schedule {
  /** The work with the settings and styles in force. */
  work: StyleTransferWork;
  private scales: readonly Scale[];
  /** Size before it grew, px: the network of a draft paints smaller scales only. */
  private readonly firstSize: number;
  private readonly pending: ChangeAtStep<EncodedPicture>[];

  /** Starts before the changes of step 0. `pictures`: sizes of the content and of the first styles, px. */
  constructor(work: StyleTransferWork, pictures: readonly PictureSize[]) {
    const { size, scales, steps } = work.settings;
    this.work = work;
    this.firstSize = size;
    this.scales = planScales(size, scales, steps, pictures);
    this.pending = [...work.changes];
  }

  /** Adds a change of a step that has not been reached. */
  add(change: ChangeAtStep<EncodedPicture>): void {
    this.pending.push(change);
  }

  /** Applies the changes before `step`. */
  advanceBefore(step: number): void {
    this.applyDue((change) => change.step < step);
  }

  /** Applies the changes through `step`. */
  advanceTo(step: number): void {
    this.applyDue((change) => change.step <= step);
  }

  /** The scale of picture `step`. @throws RangeError for a step beyond the last. */
  scaleAt(step: number): Scale {
    const scale = this.scales.find(({ fromStep, toStep }) => fromStep <= step && step <= toStep);
    if (!scale) throw new RangeError(`Step ${step} is in no scale.`);
    return scale;
  }

  /** The work in force for picture `step`: the network of a draft paints all scales below the size that was asked for first. */
  workAt(step: number): StyleTransferWork {
    const { draftNetwork } = this.work;
    return draftNetwork && this.scaleAt(step).size < this.firstSize ? { ...this.work, network: draftNetwork } : this.work;
  }

  /** Applies due changes by their steps; changes of one step apply in the order in which they were added. */
  private applyDue(isDue: (change: ChangeAtStep<EncodedPicture>) => boolean): void {
    for (let due = this.pending.findIndex(isDue); due >= 0; due = this.pending.findIndex(isDue)) {
      const [change] = this.pending.splice(due, 1) as [ChangeAtStep<EncodedPicture>];
      this.scales = changedScales(this.scales, change.step, change.settings);
      const { settings, styles } = withChange(this.work, change);
      // A number of steps that is below the current step becomes the current step.
      this.work = { ...this.work, settings: { ...settings, steps: this.scales.at(-1)!.toStep }, styles };
    }
  }
}
