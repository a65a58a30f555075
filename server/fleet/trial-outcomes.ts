import type { DeviceTrial } from "../host/device-trials.js";
import type { TrialVerdict } from "../records/shared-model.js";

/** What trials on one device have come to, as ids of models. */
export interface Outcomes {
  trial: DeviceTrial;
  /** Refused by a verdict that counts for all machines. */
  refused: Set<string>;
  /** Tried here without a verdict. */
  undecided: Set<string>;
}

/** Outcomes before the first trial. */
export function outcomesOf(trial: DeviceTrial): Outcomes {
  return { trial, refused: new Set(), undecided: new Set() };
}

/** Whether the latest verdict is not the one that was reached here; it is then forgotten. */
export function isDecidedElsewhere({ refused, undecided }: Outcomes, id: string, verdict: TrialVerdict | null): boolean {
  if (undecided.has(id)) return verdict !== null && undecided.delete(id);
  // A user has it tried again.
  return verdict?.accepted !== false && refused.delete(id);
}
