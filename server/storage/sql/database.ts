import { and, eq, type SQL } from "drizzle-orm";
import { DrizzleQueryError } from "drizzle-orm/errors";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import { AtelierError, StorageUnavailable } from "../../errors.js";
import { sessions } from "./schema.js";

/** A migrated PostgreSQL database, embedded or remote. */
export type Database = PgDatabase<PgQueryResultHKT>;

/** Folder of the migrations, in the sources and in the build, which copies them. */
export const migrationsFolder = new URL("../migrations", import.meta.url);

const DISK_FULL = "53100";
const FOREIGN_KEY_VIOLATION = "23503";

/** True when a row could not be written because the row that it refers to does not exist. */
export function isMissingReference(error: unknown): boolean {
  return sqlState(error) === FOREIGN_KEY_VIOLATION;
}

/**
 * Waits for a transaction that writes rows of a session.
 * @throws AtelierError NOT_FOUND when an image that the session uses was deleted meanwhile.
 */
export async function writtenWithImages<Result>(transaction: Promise<Result>): Promise<Result> {
  try {
    return await transaction;
  } catch (error) {
    if (!isMissingReference(error)) throw error;
    throw new AtelierError("NOT_FOUND", "An image of this session was deleted meanwhile.", {}, { cause: error });
  }
}

/** Waits for a statement that writes. @throws StorageUnavailable when the database's disk is full. */
export async function written<Result>(statement: PromiseLike<Result>): Promise<Result> {
  try {
    return await statement;
  } catch (error) {
    if (sqlState(error) === DISK_FULL) throw new StorageUnavailable("The server's disk is full.", error);
    throw error;
  }
}

/** The driver's error of a failed statement. */
export function causeOf(error: unknown): unknown {
  return error instanceof DrizzleQueryError ? error.cause : error;
}

function sqlState(error: unknown): unknown {
  const cause = causeOf(error);
  return cause instanceof Error && "code" in cause ? cause.code : undefined;
}

/**
 * Locks a session's row, if `condition` is true for it, until the end of the transaction: calls that read rows of a
 * session and then change them come one after the other, also where many connections run at once. Call it first, so that
 * no two wait for each other. False when there is no such session.
 */
export async function lockSession(transaction: Database, id: string, condition?: SQL): Promise<boolean> {
  const locked = await transaction
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.id, id), condition))
    .for("no key update");
  return locked.length > 0;
}

/** The rows by the id of their session, in their order. */
export function bySession<Row extends { sessionId: string }>(rows: readonly Row[]): Map<string, Row[]> {
  return grouped(rows, ({ sessionId }) => sessionId);
}

/** The rows by a key, in their order. */
export function grouped<Row>(rows: readonly Row[], key: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(row);
    else groups.set(key(row), [row]);
  }
  return groups;
}
