import { and, asc, countDistinct, desc, eq, getTableColumns, gt, inArray, isNotNull, isNull, lte, sql } from "drizzle-orm";
import { AtelierError } from "../../errors.js";
import type { SessionRecord, StyleTransferRecord, TranslationRecord } from "../../records/session.js";
import { completeSettings, translationSize } from "../../records/settings.js";
import type { Page, SessionPatch, SessionStore } from "../storage.js";
import { decided, reopened } from "./approval.js";
import { insertBranch } from "./branch.js";
import { isHeld, type RowOptions } from "./claims.js";
import { databaseNow } from "./clock.js";
import { type Database, grouped, lockSession, written, writtenWithImages } from "./database.js";
import { unreferencedDigests } from "./digests.js";
import { sessionLoad } from "./load.js";
import { requireOpenPlace } from "./open-sessions.js";
import { notOfAdmins, visibleTo } from "./readers.js";
import { changes, deletedSessions, frames, images, sessionImages, sessions } from "./schema.js";
import { matching, meeting, newerThan, olderThan, positionOf, statusIn, usesImage } from "./session-filters.js";
import { recordImages } from "./session-images.js";

/** Sessions as rows. With a claim, its session is updated only while the claim holds. */
export function sqlSessions(database: Database, { claim, rowsDeleted }: RowOptions = {}): SessionStore {
  return {
    insert: (session, planned = [], place) =>
      writtenWithImages(
        database.transaction(async (transaction) => {
          await requireOpenPlace(transaction, session.ownerId, place);
          await written(transaction.insert(sessions).values({ ...session, changeCount: planned.length }));
          await recordImages(
            transaction,
            session,
            planned.flatMap(({ styles }) => styles ?? []),
          );
          if (planned.length === 0) return;
          const rows = planned.map((change) => ({ sessionId: session.id, createdAt: session.createdAt, ...change }));
          await written(transaction.insert(changes).values(rows));
        }),
      ),

    async find(id, reader) {
      const [row] = await database
        .select()
        .from(sessions)
        .where(and(eq(sessions.id, id), visibleTo(reader)));
      return row ? sessionRecord(row) : null;
    },

    async findAll(ids, reader) {
      const rows = await database
        .select()
        .from(sessions)
        .where(and(inArray(sessions.id, [...ids]), visibleTo(reader)));
      return new Map(rows.map((row) => [row.id, sessionRecord(row)]));
    },

    async update(id, patch, from, condition) {
      const matches = and(eq(sessions.id, id), statusIn(from), meeting(condition), isHeld(claim, id));
      const [row] = isEmpty(patch)
        ? await database.select().from(sessions).where(matches)
        : await written(
            database
              .update(sessions)
              .set({
                ...patch,
                approval: patch.approval === "REOPENED" ? reopened(patch) : patch.approval,
                revision: sql`${sessions.revision} + 1`,
              })
              .where(matches)
              .returning(),
          );
      return row ? sessionRecord(row) : null;
    },

    resume: (id, place, suspended = false) =>
      database.transaction(async (transaction) => {
        const [found] = await transaction.select({ ownerId: sessions.ownerId }).from(sessions).where(eq(sessions.id, id));
        if (!found) return null;
        await requireOpenPlace(transaction, found.ownerId, place);
        // A session that its host suspended keeps its place, because no user asked for the pause.
        const own = suspended ? {} : { queuedAt: databaseNow, wish: null };
        const resumed = { status: "QUEUED", error: null, ...own } as const;
        const [row] = await written(
          transaction
            .update(sessions)
            .set({ ...resumed, revision: sql`${sessions.revision} + 1` })
            .where(and(eq(sessions.id, id), statusIn(["PAUSED"]), suspended ? isNotNull(sessions.error) : undefined))
            .returning(),
        );
        return row ? sessionRecord(row) : null;
      }),

    async setVisibility(id, visibility, approvalOf) {
      const [row] = await written(
        database
          .update(sessions)
          .set({ visibility, approval: decided(approvalOf), revision: sql`${sessions.revision} + 1` })
          .where(and(eq(sessions.id, id), isHeld(claim, id)))
          .returning(),
      );
      return row ? sessionRecord(row) : null;
    },

    async expired(by) {
      const rows = await database.select({ id: sessions.id }).from(sessions).where(lte(sessions.expiresAt, by));
      return rows.map(({ id }) => id);
    },

    async outdated(by) {
      const last = (table: typeof frames | typeof changes) =>
        sql`(select max(${table.createdAt}) from ${table} where ${table.sessionId} = ${sessions.id})`;
      const touched = sql`greatest(${sessions.createdAt}, ${sessions.queuedAt}, ${sessions.finishedAt}, ${last(frames)}, ${last(changes)})`;
      const rows = await database
        .select({ id: sessions.id })
        .from(sessions)
        .where(
          and(
            lte(sessions.createdAt, by),
            statusIn(["PAUSED", "COMPLETED", "CANCELLED", "FAILED"]),
            notOfAdmins(database, sessions.ownerId),
            sql`${touched} <= ${sql.param(by, sessions.createdAt)}`,
          ),
        );
      return rows.map(({ id }) => id);
    },

    load: () => sessionLoad(database),

    async suspended() {
      const rows = await database
        .select({ id: sessions.id })
        .from(sessions)
        .where(and(statusIn(["PAUSED"]), isNotNull(sessions.error)))
        .orderBy(asc(sessions.queuedAt), asc(sessions.ordinal));
      return rows.map(({ id }) => id);
    },

    async list({ first, after }, filter, order = "NEWEST") {
      const [beyond, sorted] = order === "NEWEST" ? [olderThan, desc] : [newerThan, asc];
      const rest = after === null ? undefined : beyond(await positionOf(database, after));
      const inOrder = [sorted(sessions.createdAt), sorted(sessions.ordinal)];
      // Finds the page in the index `sessions_listed`, and reads only the rows of the page.
      const page = database
        .select({ id: sessions.id })
        .from(sessions)
        .where(and(matching(filter), rest))
        .orderBy(...inOrder)
        .limit(first + 1);
      const rows = await database
        .select()
        .from(sessions)
        .where(inArray(sessions.id, page))
        .orderBy(...inOrder);
      return { rows: rows.slice(0, first).map(sessionRecord), hasNextPage: rows.length > first };
    },

    count: async (filter) => database.$count(sessions, matching(filter)),

    async listUsing(imageIds, { first, after }, reader) {
      const older = after === null ? undefined : olderThan(await positionOf(database, after));
      const page = database
        .select()
        .from(sessions)
        .where(and(usesImage(images.id), isNull(sessions.expiresAt), visibleTo(reader), older))
        .orderBy(desc(sessions.createdAt), desc(sessions.ordinal))
        .limit(first + 1)
        .as("page");
      const rows = await database
        .select({ imageId: images.id, session: page._.selectedFields })
        .from(images)
        .crossJoinLateral(page)
        .where(inArray(images.id, [...imageIds]))
        .orderBy(desc(page.createdAt), desc(page.ordinal));
      const pages = new Map<string, Page<SessionRecord>>();
      for (const [imageId, found] of grouped(rows, (row) => row.imageId)) {
        pages.set(imageId, { rows: found.slice(0, first).map(({ session }) => sessionRecord(session)), hasNextPage: found.length > first });
      }
      return pages;
    },

    async countUsing(imageIds, reader) {
      const rows = await database
        .select({ imageId: sessionImages.imageId, count: countDistinct(sessionImages.sessionId) })
        .from(sessionImages)
        .innerJoin(sessions, eq(sessions.id, sessionImages.sessionId))
        .where(and(inArray(sessionImages.imageId, [...imageIds]), isNull(sessions.expiresAt), visibleTo(reader)))
        .groupBy(sessionImages.imageId);
      return new Map(rows.map((row) => [row.imageId, row.count]));
    },

    async delete(id, expiredBy) {
      const removed = await database.transaction(async (transaction) => {
        const digests = await deleteSession(transaction, id, expiredBy);
        if (digests) await rowsDeleted?.(transaction, digests);
        return digests;
      });
      return removed && unreferencedDigests(database, removed);
    },

    async extend(id, until) {
      const end = sql`greatest(${sessions.expiresAt}, ${sql.param(until, sessions.expiresAt)})`;
      const [row] = await written(
        database
          .update(sessions)
          .set({ expiresAt: end, revision: sql`${sessions.revision} + 1` })
          .where(and(eq(sessions.id, id), isNotNull(sessions.expiresAt)))
          .returning(),
      );
      return row ? sessionRecord(row) : null;
    },

    insertBranch: (branch, change, place) =>
      writtenWithImages(
        database.transaction(async (transaction) => {
          await requireOpenPlace(transaction, branch.ownerId, place);
          return insertBranch(transaction, branch, change);
        }),
      ),

    async branches(ids, { first, skip }, reader) {
      const ranked = database
        .select({
          id: sessions.id,
          rank: sql<number>`row_number() over (partition by ${sessions.parentId} order by ${sessions.createdAt}, ${sessions.ordinal})`.as(
            "rank",
          ),
        })
        .from(sessions)
        .where(and(inArray(sessions.parentId, [...ids]), visibleTo(reader)))
        .as("ranked");
      const rows = await database
        .select(getTableColumns(sessions))
        .from(sessions)
        .innerJoin(ranked, eq(sessions.id, ranked.id))
        .where(and(gt(ranked.rank, skip), lte(ranked.rank, skip + first)))
        .orderBy(asc(sessions.createdAt), asc(sessions.ordinal));
      const branches = rows.map(sessionRecord).filter((session) => session.kind === "STYLE_TRANSFER");
      return new Map(ids.map((id) => [id, branches.filter(({ parentId }) => parentId === id)]));
    },
  };
}

/** The session of a row, without the columns of the other kinds; `kind` determines the type of the settings. */
export function sessionRecord(row: typeof sessions.$inferSelect): SessionRecord {
  const { ordinal: _ordinal, frameCount: _count, frameByteLength: _bytes, changeCount: _changes, ...rest } = row;
  const {
    workerId: _worker,
    leaseUntil: _lease,
    fence: _fence,
    claimedAt: _claimed,
    takeovers: _takeovers,
    model: _model,
    lowerTitle: _lowerTitle,
    ownerLimit: _limit,
    kind,
    settings,
    ...columns
  } = rest;
  const { contentId, styles, initial, parentId, branchedAtStep, sourceId, framesTranslated, framesDropped, ...base } = columns;
  if (kind === "STYLE_TRANSFER" && settings && contentId !== null && styles && initial) {
    return {
      ...base,
      kind,
      settings: completeSettings(settings as StyleTransferRecord["settings"]),
      contentId,
      styles,
      initial: { ...initial, settings: completeSettings(initial.settings) },
      parentId,
      branchedAtStep,
    };
  }
  if (kind === "TRANSLATION" && settings && framesTranslated !== null && framesDropped !== null) {
    return {
      ...base,
      kind,
      settings: completeTranslation(settings as Partial<TranslationRecord["settings"]>),
      sourceId,
      framesTranslated,
      framesDropped,
    };
  }
  throw new AtelierError("INTERNAL", "A stored session is incomplete.");
}

/** Settings of a translation that may be older than some of them. */
function completeTranslation({
  model = "",
  family = "OTHER",
  size = translationSize.default,
  output = null,
}: Partial<TranslationRecord["settings"]>) {
  return { model, family, size, output };
}

/** Returns the digests of the session's frames, or null when no session was deleted. */
async function deleteSession(database: Database, id: string, expiredBy?: Date): Promise<string[] | null> {
  if (!(await lockSession(database, id))) return null;
  const frameDigests = await database.selectDistinct({ digest: frames.digest }).from(frames).where(eq(frames.sessionId, id));
  const expired = expiredBy && lte(sessions.expiresAt, expiredBy);
  const [deleted] = await database
    .delete(sessions)
    .where(and(eq(sessions.id, id), expired))
    .returning({ id: sessions.id, ordinal: sessions.ordinal, createdAt: sessions.createdAt });
  if (!deleted) return null;
  await written(database.insert(deletedSessions).values(deleted));
  return frameDigests.map(({ digest }) => digest);
}

function isEmpty(patch: SessionPatch): boolean {
  return Object.values(patch).every((value) => value === undefined);
}
