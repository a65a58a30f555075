import { type SQL, sql } from "drizzle-orm";
import { type PgColumn, unionAll } from "drizzle-orm/pg-core";
import type { Database } from "./database.js";
import { frames, images } from "./schema.js";

/** Those of `digests` that an image or a kept frame refers to. */
export async function digestsInUse(database: Database, digests: readonly string[]): Promise<Set<string>> {
  const anyOf = (column: PgColumn): SQL => sql`${column} = any(${sql.param(digests)}::text[])`;
  const used = await unionAll(
    database.select({ digest: frames.digest }).from(frames).where(anyOf(frames.digest)),
    database.select({ digest: images.digest }).from(images).where(anyOf(images.digest)),
  );
  return new Set(used.map(({ digest }) => digest));
}
