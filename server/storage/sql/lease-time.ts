import { type AnyColumn, type SQL, sql } from "drizzle-orm";

/** Leases are of seconds: one that ends later than this was given before the clock of the database was set back, ms. */
const LONGEST_LEASE_MS = 60_000;

/** The end of a lease that begins now, by the database's clock. */
export function leaseEnd(leaseMs: number): SQL {
  return sql`clock_timestamp() + ${leaseMs} * interval '1 millisecond'`;
}

/** Whether a lease that ends at `leaseUntil` holds; null where there is none. */
export function isLeaseHeld(leaseUntil: AnyColumn): SQL {
  return sql`(${leaseUntil} >= clock_timestamp()
  and ${leaseUntil} < clock_timestamp() + ${LONGEST_LEASE_MS} * interval '1 millisecond')`;
}
