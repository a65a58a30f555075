import type { SessionRecord } from "../../records/session.js";
import { type Database, written } from "./database.js";
import { type ImageRole, sessionImages } from "./schema.js";

/** Records the images of a new session, and the styles that it will change to. */
export async function recordImages(
  database: Database,
  session: SessionRecord,
  laterStyles: readonly { imageId: string }[] = [],
): Promise<void> {
  if (session.kind === "TRANSLATION") {
    if (session.sourceId !== null) await record(database, session.id, "SOURCE", [session.sourceId]);
    return;
  }
  await record(database, session.id, "CONTENT", [session.contentId]);
  await recordStyles(database, session.id, [...session.initial.styles, ...session.styles, ...laterStyles]);
}

/** Records styles that a session changes to. */
export function recordStyles(database: Database, sessionId: string, styles: readonly { imageId: string }[]): Promise<void> {
  const ids = styles.map(({ imageId }) => imageId);
  return record(database, sessionId, "STYLE", ids);
}

async function record(database: Database, sessionId: string, role: ImageRole, imageIds: readonly string[]): Promise<void> {
  const rows = [...new Set(imageIds)].map((imageId) => ({ sessionId, imageId, role }));
  if (rows.length > 0) await written(database.insert(sessionImages).values(rows).onConflictDoNothing());
}
