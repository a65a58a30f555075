import { desc, eq } from "drizzle-orm";
import type { ImageStore } from "../storage.js";
import { type Database, written } from "./database.js";
import { images } from "./schema.js";

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

    async findByDigest(digest) {
      const [row] = await database.select().from(images).where(eq(images.digest, digest)).orderBy(desc(images.createdAt)).limit(1);
      return row ?? null;
    },
  };
}
