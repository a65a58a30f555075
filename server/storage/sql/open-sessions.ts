import { and, eq, inArray, sql } from "drizzle-orm";
import type { RequirePlace } from "../storage.js";
import type { Database } from "./database.js";
import { sessions } from "./schema.js";

/**
 * Calls `requirePlace` for one more session of an owner. Call this first in the transaction that stores the session: until it
 * ends, all other servers wait that queue one of the same owner.
 */
export async function requireOpenPlace(transaction: Database, ownerId: string, requirePlace: RequirePlace | undefined): Promise<void> {
  if (!requirePlace) return;
  await transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended(${ownerId}, 2))`);
  const isOpen = inArray(sessions.status, ["QUEUED", "RUNNING"]);
  requirePlace({
    queued: await transaction.$count(sessions, eq(sessions.status, "QUEUED")),
    own: await transaction.$count(sessions, and(isOpen, eq(sessions.ownerId, ownerId))),
  });
}
