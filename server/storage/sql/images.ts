import { and, desc, eq, exists, getTableColumns, inArray, isNull, lt, lte, notExists, or, type SQL, sql, sum } from "drizzle-orm";
import { badInput } from "../../errors.js";
import type { Reader } from "../../records/access.js";
import type { ImageRecord } from "../../records/pictures.js";
import type { ImageAge, ImageStore } from "../storage.js";
import { type Database, isMissingReference, written } from "./database.js";
import { type RowsDeleted, requireBytes } from "./digests.js";
import { notOfAdmins, visibleTo } from "./readers.js";
import { images, sessionImages, sessions } from "./schema.js";

const { uploadedAgainAt: _uploadedAgainAt, ...columns } = getTableColumns(images);

/** Uploaded pictures as rows. */
export function sqlImages(database: Database, rowsDeleted?: RowsDeleted): ImageStore {
  return {
    insert: (image) =>
      database.transaction(async (transaction) => {
        // Two transactions that insert the same bytes wait for each other. Older databases hold such images, so no
        // constraint can forbid them.
        await transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended(${image.digest}, 0))`);
        await requireBytes(transaction, image.digest);
        const known = await newestWith(transaction, image.digest, eq(images.ownerId, image.ownerId));
        if (!known) {
          await written(transaction.insert(images).values(image));
          return image;
        }
        const renewed = { expiresAt: laterOf(known.expiresAt, image.expiresAt), uploadedAgainAt: image.createdAt };
        const [kept] = await written(transaction.update(images).set(renewed).where(eq(images.id, known.id)).returning(columns));
        // It may have been deleted since it was found.
        if (!kept) await written(transaction.insert(images).values(image));
        return kept ?? image;
      }),

    async find(id, reader = null) {
      const [row] = await database
        .select(columns)
        .from(images)
        .where(and(eq(images.id, id), seen(reader)));
      return row ?? null;
    },

    async findAll(ids, reader = null) {
      const rows = await database
        .select(columns)
        .from(images)
        .where(and(inArray(images.id, [...ids]), seen(reader)));
      return new Map(rows.map((row) => [row.id, row]));
    },

    async list({ first, after }, ownerId = null) {
      const [last] = after === null ? [null] : await database.select(columns).from(images).where(eq(images.id, after));
      if (last === undefined) throw badInput("after", "The cursor does not come from this server.");
      const older = last
        ? or(lt(images.createdAt, last.createdAt), and(eq(images.createdAt, last.createdAt), lt(images.id, last.id)))
        : undefined;
      const rows = await database
        .select(columns)
        .from(images)
        .where(and(lasting(ownerId), older))
        .orderBy(desc(images.createdAt), desc(images.id))
        .limit(first + 1);
      return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
    },

    count: async (ownerId = null) => database.$count(images, lasting(ownerId)),

    async byteLengthOf(ownerId) {
      const [row] = await database
        .select({ byteLength: sum(images.byteLength).mapWith(Number) })
        .from(images)
        .where(eq(images.ownerId, ownerId));
      return row?.byteLength ?? 0;
    },

    async expired(by) {
      const used = database.select({ id: sessionImages.imageId }).from(sessionImages).where(eq(sessionImages.imageId, images.id));
      const rows = await database
        .select({ id: images.id })
        .from(images)
        .where(and(lte(images.expiresAt, by), notExists(used)));
      return rows.map(({ id }) => id);
    },

    async outdated(by) {
      const used = database.select({ id: sessionImages.imageId }).from(sessionImages).where(eq(sessionImages.imageId, images.id));
      const rows = await database
        .select({ id: images.id })
        .from(images)
        .where(and(isOfAge({ uploadedBy: by }), notExists(used), notOfAdmins(database, images.ownerId)));
      return rows.map(({ id }) => id);
    },

    async delete(id, age = {}) {
      const used = database.select({ id: sessionImages.imageId }).from(sessionImages).where(eq(sessionImages.imageId, id));
      try {
        return await database.transaction(async (transaction) => {
          const [deleted] = await written(
            transaction
              .delete(images)
              .where(and(eq(images.id, id), notExists(used), isOfAge(age)))
              .returning({ digest: images.digest }),
          );
          if (deleted) await rowsDeleted?.(transaction, [deleted.digest]);
          return deleted?.digest ?? null;
        });
      } catch (error) {
        // A session that began to use it at this moment.
        if (isMissingReference(error)) return null;
        throw error;
      }
    },

    async setVisibility(id, visibility) {
      const [row] = await written(database.update(images).set({ visibility }).where(eq(images.id, id)).returning(columns));
      return row ?? null;
    },

    findByDigest: (digest, reader = null) => newestWith(database, digest, seen(reader)),
  };

  /** Holds for images that a reader may see: their own, those that were shared, and those of sessions that they may see. */
  function seen(reader: Reader | null): SQL | undefined {
    if (reader === null) return undefined;
    const using = database
      .select({ id: sessionImages.imageId })
      .from(sessionImages)
      .innerJoin(sessions, eq(sessions.id, sessionImages.sessionId))
      .where(and(eq(sessionImages.imageId, images.id), visibleTo(reader)));
    const isKnown = reader.ownerId === null ? undefined : or(eq(images.ownerId, reader.ownerId), eq(images.visibility, "LINK"));
    return or(isKnown, eq(images.visibility, "PUBLIC"), exists(using));
  }
}

/** Holds for images that do not expire, of one owner or all. */
function lasting(ownerId: string | null): SQL | undefined {
  return and(isNull(images.expiresAt), ownerId === null ? undefined : eq(images.ownerId, ownerId));
}

/** Holds for images that expired, or were last uploaded, by an instant. */
function isOfAge({ expiredBy, uploadedBy }: ImageAge): SQL | undefined {
  const isIdle = uploadedBy && or(isNull(images.uploadedAgainAt), lte(images.uploadedAgainAt, uploadedBy));
  return and(expiredBy && lte(images.expiresAt, expiredBy), uploadedBy && lte(images.createdAt, uploadedBy), isIdle);
}

/** The later end; null, which is no end, is the latest. */
function laterOf(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return null;
  return a < b ? b : a;
}

async function newestWith(database: Database, digest: string, condition: SQL | undefined): Promise<ImageRecord | null> {
  const [row] = await database
    .select(columns)
    .from(images)
    .where(and(eq(images.digest, digest), condition))
    .orderBy(desc(images.createdAt))
    .limit(1);
  return row ?? null;
}
