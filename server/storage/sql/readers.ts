import { and, type Column, eq, inArray, isNotNull, isNull, ne, notInArray, or, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import { LOCAL_OWNER, type Reader } from "../../records/access.js";
import type { Database } from "./database.js";
import { links, sessions, users, visitors } from "./schema.js";

/** Holds for sessions that a reader may see, by the rule of `maySee`; null sees everything. */
export function visibleTo(reader: Reader | null | undefined): SQL | undefined {
  if (!reader) return undefined;
  const { ownerId, shared } = reader;
  const isShared = or(
    eq(sessions.visibility, "PUBLIC"),
    shared.length === 0 ? undefined : and(eq(sessions.visibility, "LINK"), inArray(sessions.id, [...shared])),
  );
  return or(
    ownerId === null ? undefined : eq(sessions.ownerId, ownerId),
    and(isShared, or(isNull(sessions.approval), eq(sessions.approval, "APPROVED"))),
  );
}

/**
 * Holds for what belongs to someone else than an admin: than those who came last by an admin's link, also one that has
 * ended, programs that use such a link or token, users with that role, and the owner of everything on a server without
 * access control.
 */
export function notOfAdmins(database: Database, ownerId: Column): SQL | undefined {
  const admins = unionAll(
    database
      .select({ id: sql<string>`coalesce(${links.actsFor}, ${links.id})` })
      .from(links)
      .where(eq(links.role, "ADMIN")),
    database.select({ id: visitors.id }).from(visitors).innerJoin(links, eq(links.id, visitors.linkId)).where(eq(links.role, "ADMIN")),
    database
      .select({ id: sql<string>`${visitors.userId}` })
      .from(visitors)
      .innerJoin(links, eq(links.id, visitors.linkId))
      .where(and(eq(links.role, "ADMIN"), isNotNull(visitors.userId))),
    database.select({ id: users.id }).from(users).where(eq(users.role, "ADMIN")),
  );
  return and(ne(ownerId, LOCAL_OWNER), notInArray(ownerId, admins));
}
