import { and, asc, count, desc, eq, getTableColumns, gt, gte, inArray, lte, not, type SQL, sql, sum } from "drizzle-orm";
import { badInput } from "../../errors.js";
import type { Claim } from "../../records/claim.js";
import { type FrameRecord, MAX_STEP } from "../../records/pictures.js";
import type { FrameStore, Page, PageRequest, StepRange } from "../storage.js";
import { isHeld, type RowOptions, requireHeld } from "./claims.js";
import { bySession, type Database, written } from "./database.js";
import { isRemoved, requireBytes, unreferencedDigests } from "./digests.js";
import { lossCurves } from "./loss-curve.js";
import { frames, sessions } from "./schema.js";
import { thinFrames } from "./thinning.js";

/** Kept frames as rows. With a claim, those of its session are stored and thinned only while the claim holds. */
export function sqlFrames(database: Database, { claim, rowsDeleted }: RowOptions = {}): FrameStore {
  async function listOf(sessionIds: readonly string[], { first, after }: PageRequest<number>, range: StepRange) {
    const later = after === null ? undefined : gt(frames.step, after);
    // Each session's page is read by itself, however many frames the session has.
    const page = database
      .select()
      .from(frames)
      .where(and(eq(frames.sessionId, sessions.id), within(range), later))
      .orderBy(asc(frames.step))
      .limit(first + 1)
      .as("page");
    const rows = await database
      .select(page._.selectedFields)
      .from(sessions)
      .crossJoinLateral(page)
      .where(inArray(sessions.id, [...sessionIds]))
      .orderBy(asc(page.step));
    const pages = new Map<string, Page<FrameRecord>>();
    for (const [sessionId, found] of bySession(rows)) {
      pages.set(sessionId, { rows: found.slice(0, first), hasNextPage: found.length > first });
    }
    return pages;
  }

  return {
    async insert(frame) {
      const stored = database.$with("stored").as(
        database
          .insert(frames)
          .select(frameOfSession(database, frame, claim))
          .onConflictDoNothing()
          .returning({ sessionId: frames.sessionId, step: frames.step, byteLength: frames.byteLength }),
      );
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
            takeovers: 0,
          })
          .from(stored)
          .where(eq(sessions.id, stored.sessionId))
          .returning({ id: sessions.id }),
      );
      if (changed.length === 0) {
        await requireHeld(database, claim, frame.sessionId);
        await requireBytes(database, frame.digest);
      }
      return changed.length === 1;
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
      const newest = database
        .select()
        .from(frames)
        .where(eq(frames.sessionId, sessions.id))
        .orderBy(desc(frames.step))
        .limit(1)
        .as("newest");
      const rows = await database
        .select(newest._.selectedFields)
        .from(sessions)
        .crossJoinLateral(newest)
        .where(inArray(sessions.id, [...sessionIds]));
      return new Map(rows.map((row) => [row.sessionId, row]));
    },

    async list(sessionId, page, range) {
      const pages = await listOf([sessionId], page, range);
      return pages.get(sessionId) ?? { rows: [], hasNextPage: false };
    },

    listOf,

    async countOf(sessionIds, range) {
      const ids = [...sessionIds];
      const rows = isWhole(range)
        ? await database.select({ id: sessions.id, count: sessions.frameCount }).from(sessions).where(inArray(sessions.id, ids))
        : await database
            .select({ id: frames.sessionId, count: count() })
            .from(frames)
            .where(and(inArray(frames.sessionId, ids), within(range)))
            .groupBy(frames.sessionId);
      return new Map(rows.map((row) => [row.id, row.count]));
    },

    async lossesOf(sessionIds, range, points) {
      if (!(points >= 2)) throw badInput("points", "A loss curve has at least 2 points.", 2, { min: 2 });
      const matches = and(inArray(frames.sessionId, [...sessionIds]), within(range));
      const curves = bySession(await lossCurves(database, matches, points));
      return new Map([...curves].map(([id, curve]) => [id, curve.map(({ step, losses }) => ({ step, losses }))]));
    },

    async totals() {
      const [row] = await database
        .select({ count: sum(sessions.frameCount).mapWith(Number), byteLength: sum(sessions.frameByteLength).mapWith(Number) })
        .from(sessions);
      return { count: row?.count ?? 0, byteLength: row?.byteLength ?? 0 };
    },

    async thin(sessionId, byteLength) {
      const removed = await database.transaction(async (transaction) => {
        const digests = await thinFrames(transaction, sessionId, byteLength, isHeld(claim, sessionId));
        await rowsDeleted?.(transaction, digests);
        return digests;
      });
      return unreferencedDigests(database, removed);
    },

    async byteLengthOfOwner(ownerId) {
      const [row] = await database
        .select({ byteLength: sum(sessions.frameByteLength).mapWith(Number) })
        .from(sessions)
        .where(eq(sessions.ownerId, ownerId));
      return row?.byteLength ?? 0;
    },

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

/**
 * The row of a frame, if its session is there and held, and its picture too: the rows of both are locked until the frame is
 * stored. A host stores nothing of a session that has ended: it may learn of that late.
 */
function frameOfSession(database: Database, frame: FrameRecord, claim: Claim | undefined) {
  const isOpen = claim?.sessionId === frame.sessionId ? inArray(sessions.status, ["QUEUED", "RUNNING", "PAUSED"]) : undefined;
  const columns = getTableColumns(frames);
  const value = (name: keyof typeof columns) => {
    const column = columns[name];
    return sql`${sql.param(frame[name], column)}::${sql.raw(column.getSQLType())}`.as(column.name);
  };
  return database
    .select({
      sessionId: value("sessionId"),
      step: value("step"),
      digest: value("digest"),
      width: value("width"),
      height: value("height"),
      mimeType: value("mimeType"),
      byteLength: value("byteLength"),
      losses: value("losses"),
      computeMs: value("computeMs"),
      createdAt: value("createdAt"),
    })
    .from(sessions)
    .where(and(eq(sessions.id, frame.sessionId), isHeld(claim, frame.sessionId), isOpen, not(isRemoved(frame.digest))))
    .for("no key update");
}

function isWhole({ fromStep, toStep }: StepRange): boolean {
  return fromStep === undefined && toStep === undefined;
}

function within({ fromStep, toStep }: StepRange): SQL | undefined {
  return and(fromStep === undefined ? undefined : gte(frames.step, fromStep), toStep === undefined ? undefined : lte(frames.step, toStep));
}
