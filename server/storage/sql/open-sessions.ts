import { and, eq, inArray, sql } from "drizzle-orm";
import type { RequiredPlace } from "../storage.js";
import type { Database } from "./database.js";
import { sessions } from "./schema.js";
import { ownersBehind } from "./usage.js";

/**
 * Requires a place for one more session of an owner. Call this first in the transaction that stores the session: until it
 * ends, all other servers wait that queue one of the same link or owner.
 */
export async function requireOpenPlace(transaction: Database, ownerId: string, place: RequiredPlace | undefined): Promise<void> {
  if (!place) return;
  const { linkId } = place;
  const isOpen = inArray(sessions.status, ["QUEUED", "RUNNING"]);
  const lock = (id: string, kind: number) => transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended(${id}, ${kind}))`);
  // Every transaction locks the link first, so that no two wait for each other.
  if (linkId !== null) await lock(linkId, 3);
  await lock(ownerId, 2);
  place.require({
    queued: await transaction.$count(sessions, eq(sessions.status, "QUEUED")),
    own: await transaction.$count(sessions, and(isOpen, eq(sessions.ownerId, ownerId))),
    kept: await transaction.$count(sessions, eq(sessions.ownerId, ownerId)),
    ofLink:
      linkId === null ? 0 : await transaction.$count(sessions, and(isOpen, inArray(sessions.ownerId, ownersBehind(transaction, linkId)))),
    keptOfLink: linkId === null ? 0 : await transaction.$count(sessions, inArray(sessions.ownerId, ownersBehind(transaction, linkId))),
  });
}
