import { and, eq, gt, inArray, isNull, or, type SQL, sql } from "drizzle-orm";
import type { LinkRecord } from "../../records/access.js";
import type { RequiredLinkPlace } from "../access.js";
import type { Database } from "./database.js";
import { links } from "./schema.js";
import { ownersBehind } from "./usage.js";

/** Holds for links that can be opened at an instant. */
export function isOpenAt(at: Date): SQL | undefined {
  return and(isNull(links.revokedAt), or(isNull(links.expiresAt), gt(links.expiresAt, at)));
}

/**
 * Requires a place for one more link of an owner. Call this first in the transaction that stores the link: until it ends, all
 * other servers wait that store one of the same owner, or of one who came by the same link.
 */
export async function requireLinkPlace(
  transaction: Database,
  { ownerId, createdAt }: LinkRecord,
  { linkId, require }: RequiredLinkPlace,
): Promise<void> {
  const isOpen = isOpenAt(createdAt);
  const lock = (id: string, kind: number) => transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended(${id}, ${kind}))`);
  // Every transaction locks the link first, so that no two wait for each other.
  if (linkId !== null) await lock(linkId, 5);
  await lock(ownerId, 4);
  require({
    own: await transaction.$count(links, and(isOpen, eq(links.ownerId, ownerId))),
    ofLink: linkId === null ? 0 : await transaction.$count(links, and(isOpen, inArray(links.ownerId, ownersBehind(transaction, linkId)))),
  });
}
