import { AtelierError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import type { ImageRecord, SessionRecord, StyleTransferRecord } from "../records/session.js";

/** @throws AtelierError NOT_FOUND (field `sessionId`). */
export async function requireSession(storage: Storage, sessionId: string): Promise<SessionRecord> {
  const session = await storage.sessions.find(sessionId);
  if (!session) throw noSession();
  return session;
}

/** @throws AtelierError NOT_FOUND; CONFLICT for another kind of session. */
export async function requireStyleTransfer(storage: Storage, sessionId: string): Promise<StyleTransferRecord> {
  const session = await requireSession(storage, sessionId);
  if (session.kind === "STYLE_TRANSFER") return session;
  throw new AtelierError("CONFLICT", "Only a style transfer can be steered and branched.", { field: "sessionId" });
}

/** @throws AtelierError NOT_FOUND with the field. */
export async function requireImage(storage: Storage, field: string, id: string): Promise<ImageRecord> {
  const image = await storage.images.find(id);
  if (!image) throw new AtelierError("NOT_FOUND", "There is no such image.", { field });
  return image;
}

/** @throws AtelierError LIMIT when as many sessions wait as may. */
export async function requireRoom(storage: Storage, maxQueued: number): Promise<void> {
  const { totalCount } = await storage.sessions.list({ first: 1, after: null }, { status: ["QUEUED"] });
  if (totalCount >= maxQueued) throw new AtelierError("LIMIT", `At most ${maxQueued} sessions may wait at a time.`, { limit: maxQueued });
}

export function noSession(): AtelierError {
  return new AtelierError("NOT_FOUND", "There is no such session.", { field: "sessionId" });
}
