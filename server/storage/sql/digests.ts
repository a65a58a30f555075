import { eq, type SQL, sql } from "drizzle-orm";
import { type PgColumn, unionAll } from "drizzle-orm/pg-core";
import { StorageUnavailable } from "../../errors.js";
import type { Database } from "./database.js";
import { blobCandidates, frames, images } from "./schema.js";

/** Called in a transaction that deletes rows, with the digests that they referred to. */
export type RowsDeleted = (transaction: Database, digests: readonly string[]) => Promise<void>;

/** The digests among `digests` that an image or a kept frame refers to. */
export async function digestsInUse(database: Database, digests: readonly string[]): Promise<Set<string>> {
  const anyOf = (column: PgColumn): SQL => sql`${column} = any(${sql.param(digests)}::text[])`;
  const used = await unionAll(
    database.select({ digest: frames.digest }).from(frames).where(anyOf(frames.digest)),
    database.select({ digest: images.digest }).from(images).where(anyOf(images.digest)),
  );
  return new Set(used.map(({ digest }) => digest));
}

/**
 * Whether the bytes with a digest were deleted although their row was to come, because the server that stored them hung. Waits
 * for a deletion under way, and prevents another one until the transaction ends.
 */
export function isRemoved(digest: string): SQL<boolean> {
  const removed = sql`select ${blobCandidates.removedAt} is not null from ${blobCandidates} where ${blobCandidates.digest} = ${digest}`;
  return sql<boolean>`coalesce((${removed} for key share), false)`;
}

/** @throws StorageUnavailable when the bytes with a digest, or another candidate, were deleted before their row came: they must be stored again. */
export async function requireBytes(database: Database, digest: string): Promise<void> {
  const isOfDigest = eq(blobCandidates.digest, digest);
  const [row] = await database.select({ removedAt: blobCandidates.removedAt }).from(blobCandidates).where(isOfDigest).for("key share");
  if (row?.removedAt) throw new StorageUnavailable("What was stored was deleted while this server hung. Store it again.");
}

/** Whether any image or kept frame is stored. */
export async function anyDigestInUse(database: Database): Promise<boolean> {
  const [image] = await database.select({ digest: images.digest }).from(images).limit(1);
  const [frame] = image ? [image] : await database.select({ digest: frames.digest }).from(frames).limit(1);
  return frame !== undefined;
}

/**
 * The digests of rows that were deleted, each once, without those that other rows refer to. Call it after the deletion was
 * committed: of two deletions at once, each still sees the other's rows before.
 */
export async function unreferencedDigests(database: Database, deleted: readonly string[]): Promise<string[]> {
  const digests = [...new Set(deleted)];
  const used = await digestsInUse(database, digests);
  return digests.filter((digest) => !used.has(digest));
}
