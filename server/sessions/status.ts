import type { SessionStatus } from "./session.js";

/**
 * The session's state machine: from each status, the statuses that may follow.
 *
 * QUEUED waits for a device; RUNNING is painted; PAUSED keeps its state and gives up its turn. The other three are
 * final. FAILED may follow QUEUED too: a session whose pictures or model went missing fails before it runs.
 */
export const transitions = {
  QUEUED: ["RUNNING", "PAUSED", "CANCELLED", "FAILED"],
  RUNNING: ["PAUSED", "COMPLETED", "CANCELLED", "FAILED"],
  PAUSED: ["QUEUED", "RUNNING", "CANCELLED", "FAILED"],
  COMPLETED: [],
  CANCELLED: [],
  FAILED: [],
} as const satisfies Record<SessionStatus, readonly SessionStatus[]>;

const statuses = Object.keys(transitions) as SessionStatus[];

/** Statuses that `to` may follow: what a conditional update of the stored session takes as `from`. */
export function statusesBefore(to: SessionStatus): SessionStatus[] {
  return statuses.filter((from) => (transitions[from] as readonly SessionStatus[]).includes(to));
}

/** True for a status that nothing follows. */
export function isFinal(status: SessionStatus): boolean {
  return transitions[status].length === 0;
}

/** How far along its life a session is: 0 waiting, 1 being worked on, 2 final. A snapshot of a lower stage is the older one. */
export function stage(status: SessionStatus): 0 | 1 | 2 {
  if (isFinal(status)) return 2;
  return status === "QUEUED" ? 0 : 1;
}
