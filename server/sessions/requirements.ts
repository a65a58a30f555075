import { type AtelierError, conflict, notFound } from "../errors.js";
import { isId } from "../records/id.js";
import type { ImageRecord } from "../records/pictures.js";
import type { SessionRecord, StyleTransferRecord } from "../records/session.js";
import type { Storage } from "../storage/storage.js";

/** Refuses, before storage is read, a text that cannot be an id. @throws AtelierError NOT_FOUND with the field. */
export function requireId(field: string, text: string): string {
  if (!isId(text)) throw notFound(field, "There is nothing with this id.");
  return text;
}

/** @throws AtelierError NOT_FOUND with the field. */
export async function requireSession(
  { sessions }: Pick<Storage, "sessions">,
  sessionId: string,
  field = "sessionId",
): Promise<SessionRecord> {
  const session = await sessions.find(sessionId);
  if (!session) throw noSession(field);
  return session;
}

/** @throws AtelierError NOT_FOUND; CONFLICT for another kind of session. */
export async function requireStyleTransfer(storage: Storage, sessionId: string): Promise<StyleTransferRecord> {
  const session = await requireSession(storage, sessionId);
  if (session.kind === "STYLE_TRANSFER") return session;
  throw conflict("sessionId", "Only a style transfer can be steered and branched.");
}

/** @throws AtelierError NOT_FOUND with the field. */
export async function requireImage(storage: Storage, field: string, imageId: string): Promise<ImageRecord> {
  const image = isId(imageId) ? await storage.images.find(imageId) : null;
  if (!image) throw notFound(field, "There is no such image.");
  return image;
}

export function noSession(field = "sessionId"): AtelierError {
  return notFound(field, "There is no such session.");
}
