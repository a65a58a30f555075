import { publishChange } from "../bus/bus.js";
import { AtelierError, PictureUnreadable, StorageUnavailable } from "../errors.js";
import type { SessionFailure, SessionRecord } from "../records/session.js";
import { statusesBefore } from "../sessions/status.js";
import type { SessionPatch } from "../storage/storage.js";
import { abortableDelay } from "./abortable-delay.js";
import type { SessionParts } from "./host-session.js";

/** How a session ended. */
export type Ending = { status: "COMPLETED" | "CANCELLED" } | { status: "FAILED"; error: SessionFailure };

type EndingParts = Pick<SessionParts, "storage" | "bus" | "log" | "closing">;

/** Wait before the next attempt to store something, ms: no ending is lost while the disk is full. */
const RETRY_MS = 1000;

/**
 * Stores how a session ended, with the other fields of `patch`, and retries until that succeeds. Null when the session
 * had ended before, or when the host closes first: then the next start of the server finds the session interrupted.
 */
export function storeEnding(id: string, ending: Ending, parts: EndingParts, patch: SessionPatch = {}): Promise<SessionRecord | null> {
  return storeStatus(id, ending.status, (now) => ({ ...patch, ...ending, finishedAt: now, wish: null }), parts);
}

/**
 * Stores that a session is PAUSED because nothing can be stored, and retries until that succeeds. Null when it was
 * paused or ended meanwhile, or when the host closes first.
 */
export function storeSuspension(id: string, error: SessionFailure, parts: EndingParts): Promise<SessionRecord | null> {
  return storeStatus(id, "PAUSED", () => ({ status: "PAUSED", error }), parts);
}

async function storeStatus(
  id: string,
  status: Ending["status"] | "PAUSED",
  patch: (now: Date) => SessionPatch,
  { storage, log, closing }: EndingParts,
): Promise<SessionRecord | null> {
  for (;;) {
    try {
      return await storage.sessions.update(id, patch(await storage.now()), statusesBefore(status));
    } catch (error) {
      log(`The ${status === "PAUSED" ? "pause" : "end"} of session ${id} could not be stored:`, error, { sessionId: id });
    }
    if (!(await abortableDelay(RETRY_MS, closing))) return null;
  }
}

/** Logs and publishes a stored ending or pause, which holds even when it cannot be published. */
export async function publishEnding(session: SessionRecord, { bus, log }: EndingParts): Promise<void> {
  const { id, status, error } = session;
  if (status === "FAILED" && error) log(`Session ${id} failed (${error.code}): ${error.message}`, undefined, { sessionId: id });
  try {
    await publishChange(bus, session);
  } catch (error) {
    log(`The state of session ${session.id} could not be published:`, error, { sessionId: session.id });
  }
}

/** Stores and publishes the failure of a session that never ran on this host. */
export async function failUnstarted(id: string, failure: SessionFailure, parts: EndingParts): Promise<void> {
  const { code, message } = failure;
  const session = await storeEnding(id, { status: "FAILED", error: { code, message } }, parts);
  if (session) await publishEnding(session, parts);
}

/** Why nothing can be read or stored now, where that may pass; null for other errors. */
export function passingObstacle(cause: unknown): AtelierError | null {
  if (cause instanceof StorageUnavailable) return cause;
  return cause instanceof PictureUnreadable && cause.cause instanceof StorageUnavailable ? cause : null;
}

/**
 * Tries again while nothing can be read or stored, as long as no other host may have the session. Null when that is over, or
 * when the host closes first. `line` begins the log of each failure. @throws what `attempt` throws for other reasons
 */
export async function pastObstacles<Result>(
  attempt: () => Promise<Result>,
  line: string,
  { log, closing, isHeld }: Pick<SessionParts, "log" | "closing" | "isHeld">,
): Promise<Result | null> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (passingObstacle(error) === null) throw error;
      log(line, error);
    }
    if (!(await abortableDelay(RETRY_MS, closing)) || !isHeld()) return null;
  }
}

/** The failure of a session whose data could not be read or stored. */
export function storageFailure(cause: unknown): SessionFailure {
  if (cause instanceof AtelierError) return { code: cause.code, message: cause.message };
  return { code: "INTERNAL", message: "The session could not be stored; the server's log says why." };
}
