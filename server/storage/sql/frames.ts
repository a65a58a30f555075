import { and, asc, between, count, desc, eq, gt, gte, inArray, lte, type SQL, sql, sum } from "drizzle-orm";
import { badInput } from "../../errors.js";
import type { FrameStore, StepRange } from "../storage.js";
import { type Database, isMissingReference, written } from "./database.js";
import { lossCurve } from "./loss-curve.js";
import { frames, sessions } from "./schema.js";
import { thinFrames } from "./thinning.js";

/** Largest step that a row can hold. */
const MAX_STEP = 2 ** 31 - 1;

/** Kept frames as rows. */
export function sqlFrames(database: Database): FrameStore {
  return {
    async insert(frame) {
      const stored = database
        .$with("stored")
        .as(
          database
            .insert(frames)
            .values(frame)
            .onConflictDoNothing()
            .returning({ sessionId: frames.sessionId, step: frames.step, byteLength: frames.byteLength }),
        );
      try {
        const changed = await written(
          database
            .with(stored)
            .update(sessions)
            .set({
              step: sql`greatest(${sessions.step}, ${frame.step})`,
              frameCount: sql`${sessions.frameCount} + 1`,
              // Stays null for sessions that do not translate.
              framesTranslated: sql`${sessions.framesTranslated} + 1`,
              frameByteLength: sql`${sessions.frameByteLength} + ${frame.byteLength}`,
            })
            .from(stored)
            .where(eq(sessions.id, stored.sessionId))
            .returning({ id: sessions.id }),
        );
        return changed.length === 1;
      } catch (error) {
        if (isMissingReference(error)) return false;
        throw error;
      }
    },

    async find(sessionId, step) {
      if (step > MAX_STEP) return null;
      const [row] = await database
        .select()
        .from(frames)
        .where(and(eq(frames.sessionId, sessionId), eq(frames.step, step)));
      return row ?? null;
    },

    async latest(sessionId) {
      const [row] = await database.select().from(frames).where(eq(frames.sessionId, sessionId)).orderBy(desc(frames.step)).limit(1);
      return row ?? null;
    },

    async latestOf(sessionIds) {
      const rows = await database
        .selectDistinctOn([frames.sessionId])
        .from(frames)
        .where(inArray(frames.sessionId, [...sessionIds]))
        .orderBy(frames.sessionId, desc(frames.step));
      return new Map(rows.map((row) => [row.sessionId, row]));
    },

    async list(sessionId, { first, after }, range) {
      const matches = within(sessionId, range);
      const [rows, [total]] = await Promise.all([
        database
          .select()
          .from(frames)
          .where(after === null ? matches : and(matches, gt(frames.step, after)))
          .orderBy(asc(frames.step))
          .limit(first + 1),
        isWhole(range)
          ? database.select({ count: sessions.frameCount }).from(sessions).where(eq(sessions.id, sessionId))
          : database.select({ count: count() }).from(frames).where(matches),
      ]);
      return { rows: rows.slice(0, first), hasNextPage: rows.length > first, totalCount: total?.count ?? 0 };
    },

    async losses(sessionId, range, points) {
      if (!(points >= 2)) throw badInput("points", "A loss curve has at least 2 points.", 2, { min: 2 });
      return lossCurve(database, within(sessionId, range), points);
    },

    async totals() {
      const [row] = await database
        .select({ count: sum(sessions.frameCount).mapWith(Number), byteLength: sum(sessions.frameByteLength).mapWith(Number) })
        .from(sessions);
      return { count: row?.count ?? 0, byteLength: row?.byteLength ?? 0 };
    },

    thin: (sessionId, byteLength) => database.transaction((transaction) => thinFrames(transaction, sessionId, byteLength)),

    async byteLengthOf(sessionId) {
      const [row] = await database.select({ byteLength: sessions.frameByteLength }).from(sessions).where(eq(sessions.id, sessionId));
      return row?.byteLength ?? 0;
    },

    async largest() {
      const [row] = await database
        .select({ sessionId: sessions.id, byteLength: sessions.frameByteLength })
        .from(sessions)
        .where(gt(sessions.frameByteLength, 0))
        .orderBy(desc(sessions.frameByteLength))
        .limit(1);
      return row ?? null;
    },
  };
}

function isWhole({ fromStep, toStep }: StepRange): boolean {
  return fromStep === undefined && toStep === undefined;
}

function within(sessionId: string, { fromStep, toStep }: StepRange): SQL | undefined {
  const session = eq(frames.sessionId, sessionId);
  if (fromStep !== undefined && toStep !== undefined) return and(session, between(frames.step, fromStep, toStep));
  if (fromStep !== undefined) return and(session, gte(frames.step, fromStep));
  return toStep === undefined ? session : and(session, lte(frames.step, toStep));
}
