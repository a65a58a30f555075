import { type SQL, sql } from "drizzle-orm";
import type { Database } from "./database.js";
import { sessions } from "./schema.js";

/** The time by the database's clock, which all servers share. Columns have milliseconds; rounding must not put it in the future. */
export const databaseNow: SQL = sql`date_trunc('milliseconds', clock_timestamp())`;

/** Reads the database's clock. */
export async function timeOf(database: Database): Promise<Date> {
  const [row] = await database
    .select({ now: sql<Date>`now`.mapWith(sessions.createdAt) })
    .from(sql`(select ${databaseNow} as now) as clock`);
  if (!row) throw new TypeError("A statement without a table has one row.");
  return row.now;
}
