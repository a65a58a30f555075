import { AtelierError, type ErrorCode } from "../errors.js";
import { publishChange } from "../sessions/publish.js";
import type { SessionRecord } from "../records/session.js";
import { statusesBefore } from "../sessions/status.js";
import type { SessionPatch } from "../storage/storage.js";
import type { DeviceExit } from "./exit.js";
import type { SessionParts } from "./hosted-session.js";
import { pause } from "./pause.js";

/** How a session ended. */
export type Ending = { status: "COMPLETED" | "CANCELLED" } | { status: "FAILED"; error: { code: ErrorCode; message: string } };

/** Wait before the next try to write how a session ended, ms: a disk that was full for a while loses no ending. */
const ENDING_RETRY_MS = 1000;

/**
 * Tries until the ending is written, with what else changes by it; null when somebody else ended the session before. When
 * the host closes first, the next start of the server finds the session interrupted.
 */
export async function storeEnding(
  id: string,
  ending: Ending,
  { storage, log, closing }: SessionParts,
  also: SessionPatch = {},
): Promise<SessionRecord | null> {
  for (;;) {
    try {
      return await storage.sessions.update(id, { ...also, ...ending, finishedAt: new Date() }, statusesBefore(ending.status));
    } catch (error) {
      log(`The end of session ${id} could not be stored:`, error);
    }
    if (!(await pause(ENDING_RETRY_MS, closing))) return null;
  }
}

/** Publishes an ending that was stored, which holds even when nobody could be told. */
export async function tellEnding(session: SessionRecord, { bus, log }: SessionParts): Promise<void> {
  try {
    await publishChange(bus, session);
  } catch (error) {
    log(`The end of session ${session.id} could not be published:`, error);
  }
}

/** The ending of a session for which something could not be read or stored. */
export function failureEnding(cause: unknown): Ending {
  if (cause instanceof AtelierError) return { status: "FAILED", error: { code: cause.code, message: cause.message } };
  return { status: "FAILED", error: { code: "INTERNAL", message: "The session could not be stored; the server's log says why." } };
}

/** What is said of a session whose device died at the same step each time. */
export function deathError(exit: DeviceExit): { code: ErrorCode; message: string } {
  if (exit.reason === "out of memory") {
    return { code: "OUT_OF_MEMORY", message: "The device ran out of memory at this step each time. A smaller size needs less." };
  }
  const how = exit.reason === "hung" ? "hung" : "was lost";
  return { code: "DEVICE_LOST", message: `The device ${how} at this step each time it was tried.` };
}
