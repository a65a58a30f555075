import { and, eq, isNotNull, or, type SQL, sql } from "drizzle-orm";
import { type Database, lockSession, written } from "./database.js";
import { changes, frames, sessions } from "./schema.js";

/** Strides to try: powers of two up to more than the largest number of steps of a session. */
const STRIDES = Array.from({ length: 13 }, (_, exponent) => 2 ** (exponent + 1));

/** `FrameStore.thin`, to be called within a transaction. Returns the digests of the deleted frames; none where `condition` is false. */
export async function thinFrames(database: Database, sessionId: string, byteLength: number, condition?: SQL): Promise<string[]> {
  if (!(await lockSession(database, sessionId, condition))) return [];
  const session = eq(frames.sessionId, sessionId);
  const protectedSteps = sql.param(await stepsThatStay(database, sessionId));
  const stays = (stride: number): SQL =>
    sql`(${frames.step} % ${sql.raw(String(stride))} = 0 or ${frames.step} = any(${protectedSteps}::int[]))`;
  const sizeWhere = (condition: SQL) => sql<number>`coalesce(sum(${frames.byteLength}) filter (where ${condition}), 0)`.mapWith(Number);

  const left = Object.fromEntries(STRIDES.map((stride) => [stride, sizeWhere(stays(stride))]));
  const [sums] = await database
    .select({ 1: sizeWhere(sql`true`), ...left })
    .from(frames)
    .where(session);
  const stride = sums && [1, ...STRIDES].find((candidate) => sums[candidate as keyof typeof sums] <= byteLength);
  if (stride === 1) return [];

  const removed = await written(
    database
      .delete(frames)
      .where(and(session, sql`not ${stays(stride ?? STRIDES.at(-1)!)}`))
      .returning({ digest: frames.digest, byteLength: frames.byteLength }),
  );
  const removedSize = removed.reduce((sum, frame) => sum + frame.byteLength, 0);
  await written(
    database
      .update(sessions)
      .set({
        frameCount: sql`${sessions.frameCount} - ${removed.length}`,
        frameByteLength: sql`${sessions.frameByteLength} - ${removedSize}`,
      })
      .where(eq(sessions.id, sessionId)),
  );
  return removed.map(({ digest }) => digest);
}

/**
 * Steps of the first and the last frame, of changes, of the session's own branching point and of those of its branches.
 */
async function stepsThatStay(database: Database, sessionId: string): Promise<number[]> {
  const [ends] = await database
    .select({ first: sql<number | null>`min(${frames.step})`, last: sql<number | null>`max(${frames.step})` })
    .from(frames)
    .where(eq(frames.sessionId, sessionId));
  const steered = await database
    .select({ step: changes.step })
    .from(changes)
    .where(and(eq(changes.sessionId, sessionId), isNotNull(changes.step)));
  const branched = await database
    .select({ step: sessions.branchedAtStep })
    .from(sessions)
    .where(or(eq(sessions.parentId, sessionId), eq(sessions.id, sessionId)));
  return [ends?.first, ends?.last, ...[...steered, ...branched].map(({ step }) => step)].filter((step) => typeof step === "number");
}
