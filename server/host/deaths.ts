import type { SessionFailure } from "../records/session.js";
import type { DeviceExit } from "./exit.js";

/** Restarts of a session at the same stored step; when its device dies there once more, the session is given up. */
export const MAX_RESTARTS = 3;

/**
 * Counts how often a session's device died in its turn without a new frame in between.
 *
 * Several sessions share a device, and only one of them kills it: a death counts against the session whose turn it was,
 * as the device reported before the turn began. So a session beside one that crashes at every try is restarted as often
 * as that one, and is never given up for it. A death in no session's turn counts against all.
 */
export class DeathCount {
  private place: { step: number; device: string | null } | null = null;
  private deaths = 0;

  /**
   * Counts a death of a device while `step` was the last stored step; true when the session is to be given up. Another
   * device than before may be able to compute the step.
   */
  add(step: number, device: string | null): boolean {
    const isSame = this.place?.step === step && this.place.device === device;
    this.deaths = isSame ? this.deaths + 1 : 1;
    this.place = { step, device };
    return this.deaths > MAX_RESTARTS;
  }
}

/** The failure of a session that is given up. */
export function deathFailure(exit: DeviceExit): SessionFailure {
  if (exit.reason === "out of memory") {
    return { code: "OUT_OF_MEMORY", message: "The device ran out of memory at this step each time. A smaller size needs less." };
  }
  const how = exit.reason === "hung" ? "hung" : "was lost";
  return { code: "DEVICE_LOST", message: `The device ${how} at this step each time it was tried.` };
}
