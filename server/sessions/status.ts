import type { SessionStatus, SessionWish } from "../records/session.js";

/**
 * The session's state machine: from each status, the statuses that may follow.
 *
 * ```
 *             ┌── resume, or space ────┐
 *             ▼                        │
 *  start ─▶ QUEUED ─ pause, no space ▶ PAUSED
 *             │                        ▲ │
 *           claim ┌─ pause, no space ──┘ │ the step in work was the last
 *             ▼   │                      ▼
 *           RUNNING ──── last step ─▶ COMPLETED
 *
 *  QUEUED, RUNNING (live translations) ── end ─▶ COMPLETED
 *  QUEUED, RUNNING, PAUSED ── cancel ─▶ CANCELLED
 *  QUEUED, RUNNING, PAUSED ── error ──▶ FAILED
 * ```
 *
 * QUEUED waits for a device; RUNNING is painted, also while its device or server is started again; PAUSED keeps its
 * state and gives up its turn. A host that cannot store anything, because the disk is full or the data folder cannot be
 * written, pauses sessions itself and gives them an error; when there is space, it resumes those that still have it. A
 * user's pause takes the error away. The other three are final. FAILED may follow QUEUED too: a session whose pictures or
 * model are missing fails before it runs. Every change is a conditional update of the stored session, so of two clients
 * that press different buttons at once, one wins and the other gets CONFLICT.
 */
export const transitions = {
  QUEUED: ["RUNNING", "PAUSED", "COMPLETED", "CANCELLED", "FAILED"],
  RUNNING: ["PAUSED", "COMPLETED", "CANCELLED", "FAILED"],
  PAUSED: ["QUEUED", "COMPLETED", "CANCELLED", "FAILED"],
  COMPLETED: [],
  CANCELLED: [],
  FAILED: [],
} as const satisfies Record<SessionStatus, readonly SessionStatus[]>;

const statuses = Object.keys(transitions) as SessionStatus[];

/** Statuses that `to` may follow: what a conditional update of the stored session takes as `from`. */
export function statusesBefore(to: SessionStatus): SessionStatus[] {
  return statuses.filter((from) => (transitions[from] as readonly SessionStatus[]).includes(to));
}

/** Statuses of sessions that have not ended: they can be steered. */
export const openStatuses = statuses.filter((status) => !isFinal(status));

/** True for a status that nothing follows. */
export function isFinal(status: SessionStatus): boolean {
  return transitions[status].length === 0;
}

/** The request to a host that makes it end a session as a client wishes. */
export const requestToEnd = { CANCELLED: "cancel", COMPLETED: "complete" } as const satisfies Record<SessionWish, string>;
