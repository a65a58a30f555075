import { and, count, eq, sql, sum } from "drizzle-orm";
import type { Change } from "../../records/changes.js";
import type { StyleTransferRecord } from "../../records/session.js";
import { type Database, lockSession, written } from "./database.js";
import { changes, frames, sessions } from "./schema.js";
import { recordImages } from "./session-images.js";

/** `SessionStore.insertBranch`, to be called within a transaction. */
export async function insertBranch(database: Database, branch: StyleTransferRecord, change: Change | null): Promise<boolean> {
  const { id, parentId, branchedAtStep } = branch;
  if (parentId === null || branchedAtStep === null) throw new TypeError("A branch has a parent and a step.");
  if (!(await lockSession(database, parentId))) return false;
  const [found] = await database
    .select({ step: frames.step })
    .from(frames)
    .where(and(eq(frames.sessionId, parentId), eq(frames.step, branchedAtStep)));
  if (!found) return false;

  await written(database.insert(sessions).values(branch));
  await written(
    database.execute(sql`
      insert into frames (session_id, step, digest, width, height, mime_type, bytes, losses, compute_ms, created_at)
      select ${id}, step, digest, width, height, mime_type, bytes, losses, compute_ms, created_at
      from frames where session_id = ${parentId} and step <= ${branchedAtStep}`),
  );
  await written(
    database.execute(sql`
      insert into changes (session_id, step, settings, styles, created_at)
      select ${id}, step, settings, styles, created_at
      from changes where session_id = ${parentId} and step <= ${branchedAtStep} order by step, ordinal`),
  );
  await recordImages(database, branch);
  await written(
    database.execute(sql`
      insert into session_images (session_id, image_id, role)
      select ${id}, image_id, role from session_images where session_id = ${parentId} on conflict do nothing`),
  );
  if (change) {
    await written(database.insert(changes).values({ sessionId: id, step: branchedAtStep, ...change, createdAt: branch.createdAt }));
  }
  const [totals] = await database
    .select({ frameCount: count(), frameByteLength: sum(frames.byteLength).mapWith(Number) })
    .from(frames)
    .where(eq(frames.sessionId, id));
  const changeCount = await database.$count(changes, eq(changes.sessionId, id));
  await written(
    database
      .update(sessions)
      .set({ ...totals, changeCount, step: branchedAtStep })
      .where(eq(sessions.id, id)),
  );
  // The parent's revision grows, so that its viewers receive the new branch.
  await written(
    database
      .update(sessions)
      .set({ revision: sql`${sessions.revision} + 1` })
      .where(eq(sessions.id, parentId)),
  );
  return true;
}
