import { and, count, eq, inArray, type SQL, sql } from "drizzle-orm";
import { type SessionLoad, sessionStatuses } from "../../records/session.js";
import type { Database } from "./database.js";
import { sessions } from "./schema.js";

/** Counts by the index of statuses; the ages by the one of unfinished sessions, which are few. */
export async function sessionLoad(database: Database): Promise<SessionLoad> {
  const isWaiting = eq(sessions.status, "QUEUED");
  const isLeased = and(inArray(sessions.status, ["QUEUED", "RUNNING"]), sql`${sessions.leaseUntil} >= clock_timestamp()`);
  const rows = await database
    .select({
      status: sessions.status,
      count: count(),
      oldestWaitMs: age(sql`${sessions.queuedAt}`, isWaiting),
      oldestLeaseMs: age(sql`${sessions.claimedAt}`, isLeased),
    })
    .from(sessions)
    .groupBy(sessions.status);
  const counts = new Map(rows.map((row) => [row.status, row.count]));
  const [first] = rows;
  return {
    counts: Object.fromEntries(sessionStatuses.map((status) => [status, counts.get(status) ?? 0])) as SessionLoad["counts"],
    oldestWaitMs: first?.oldestWaitMs ?? null,
    oldestLeaseMs: first?.oldestLeaseMs ?? null,
  };
}

/** Time since the earliest instant of some sessions, by the database's clock, ms; null where there is none. */
function age(instant: SQL, which: SQL | undefined): SQL<number | null> {
  const ms = sql`(extract(epoch from clock_timestamp() - min(${instant})) * 1000)::float8`;
  // Clocks of servers may be ahead of it. greatest() would make 0 of a null.
  return sql<number | null>`(select case when ${ms} < 0 then 0 else ${ms} end from ${sessions} where ${which})`;
}
