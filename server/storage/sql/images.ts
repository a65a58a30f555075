import { and, count, desc, eq, inArray, lt, notExists, or } from "drizzle-orm";
import { badInput } from "../../errors.js";
import type { ImageStore } from "../storage.js";
import { type Database, isMissingReference, written } from "./database.js";
import { images, sessionImages } from "./schema.js";

/** Uploaded pictures as rows. */
export function sqlImages(database: Database): ImageStore {
  return {
    async insert(image) {
      await written(database.insert(images).values(image));
    },

    async find(id) {
      const [row] = await database.select().from(images).where(eq(images.id, id));
      return row ?? null;
    },

    async findAll(ids) {
      const rows = await database
        .select()
        .from(images)
        .where(inArray(images.id, [...ids]));
      return new Map(rows.map((row) => [row.id, row]));
    },

    async list({ first, after }) {
      const [last] = after === null ? [null] : await database.select().from(images).where(eq(images.id, after));
      if (last === undefined) throw badInput("after", "The cursor does not come from this server.");
      const older = last
        ? or(lt(images.createdAt, last.createdAt), and(eq(images.createdAt, last.createdAt), lt(images.id, last.id)))
        : undefined;
      const [rows, [total]] = await Promise.all([
        database
          .select()
          .from(images)
          .where(older)
          .orderBy(desc(images.createdAt), desc(images.id))
          .limit(first + 1),
        database.select({ count: count() }).from(images),
      ]);
      return { rows: rows.slice(0, first), hasNextPage: rows.length > first, totalCount: total?.count ?? 0 };
    },

    async delete(id) {
      const used = database.select({ id: sessionImages.imageId }).from(sessionImages).where(eq(sessionImages.imageId, id));
      try {
        const [deleted] = await written(
          database
            .delete(images)
            .where(and(eq(images.id, id), notExists(used)))
            .returning({ digest: images.digest }),
        );
        return deleted?.digest ?? null;
      } catch (error) {
        // A session that began to use it at this moment.
        if (isMissingReference(error)) return null;
        throw error;
      }
    },

    async findByDigest(digest) {
      const [row] = await database.select().from(images).where(eq(images.digest, digest)).orderBy(desc(images.createdAt)).limit(1);
      return row ?? null;
    },
  };
}
