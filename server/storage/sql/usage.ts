import { desc, eq, inArray, isNotNull, type SQL, sql, sum } from "drizzle-orm";
import { type AnyPgColumn, unionAll } from "drizzle-orm/pg-core";
import type { OwnerUsage } from "../../records/access.js";
import type { Database } from "./database.js";
import { films, images, links, sessions, users, visitors } from "./schema.js";

/** The `first` owners with the most bytes of pictures, kept frames and finished films. */
export async function usageOfOwners(database: Database, first: number): Promise<OwnerUsage[]> {
  const isOpen = sql`case when ${sessions.status} in ('QUEUED', 'RUNNING') then 1 else 0 end`;
  const used = unionAll(
    database.select(owned(sessions.ownerId, sessions.frameByteLength, { sessions: sql`1`, openSessions: isOpen })).from(sessions),
    database.select(owned(images.ownerId, images.byteLength, { pictures: sql`1` })).from(images),
    database
      .select(owned(films.ownerId, films.bytes, { films: sql`1` }))
      .from(films)
      .where(isNotNull(films.bytes)),
  ).as("used");
  const byteLength = sum(used.bytes).mapWith(Number);
  const rows = await database
    .select({
      ownerId: used.ownerId,
      byteLength,
      sessions: sum(used.sessions).mapWith(Number),
      openSessions: sum(used.openSessions).mapWith(Number),
      pictures: sum(used.pictures).mapWith(Number),
      films: sum(used.films).mapWith(Number),
    })
    .from(used)
    .groupBy(used.ownerId)
    .orderBy(desc(byteLength), used.ownerId)
    .limit(first);
  const names = await namesOf(
    database,
    rows.map(({ ownerId }) => ownerId),
  );
  return rows.map((row) => ({ ...row, name: names.get(row.ownerId) ?? null }));
}

/** Columns of a row that counts as something of its owner's. */
function owned(ownerId: AnyPgColumn, bytes: AnyPgColumn, counts: Partial<Record<"sessions" | "openSessions" | "pictures" | "films", SQL>>) {
  const count = (value: SQL | undefined, name: string) => sql<number>`${value ?? sql`0`}`.as(name);
  return {
    ownerId: sql<string>`${ownerId}`.as("owner_id"),
    bytes: sql<number>`${bytes}::bigint`.as("bytes"),
    sessions: count(counts.sessions, "sessions"),
    openSessions: count(counts.openSessions, "open_sessions"),
    pictures: count(counts.pictures, "pictures"),
    films: count(counts.films, "films"),
  };
}

/** Ids of those who came last by a link with a role, users left out, and of programs that use its secret. */
export function ownersBehind(database: Database, linkId: string) {
  const came = database.select({ id: visitors.id }).from(visitors).where(eq(visitors.linkId, linkId));
  return unionAll(came, database.select({ id: links.id }).from(links).where(eq(links.id, linkId)));
}

/** The id of the link behind an owner, of any role but admin: the opposite of `ownersBehind`. */
export function limitingLink(ownerId: SQL): SQL<string | null> {
  const behind = sql`coalesce((select ${visitors.linkId} from ${visitors} where ${visitors.id} = ${ownerId}), ${ownerId})`;
  const found = sql`select ${links.id} from ${links} where ${links.id} = ${behind} and ${links.kind} = 'ACCESS' and ${links.role} <> 'ADMIN'`;
  return sql`(${found})`;
}

/** Bytes of the pictures, kept frames and films that `ownersBehind` a link have together. */
export async function byteLengthOfLink(database: Database, linkId: string): Promise<number> {
  const owners = ownersBehind(database, linkId);
  const bytesOf = (bytes: SQL) => sql<string>`coalesce(sum(${bytes}), 0)::bigint`.as("bytes");
  const rows = await unionAll(
    database
      .select({ bytes: bytesOf(sql`${sessions.frameByteLength}`) })
      .from(sessions)
      .where(inArray(sessions.ownerId, owners)),
    database
      .select({ bytes: bytesOf(sql`${images.byteLength}`) })
      .from(images)
      .where(inArray(images.ownerId, owners)),
    database
      .select({ bytes: bytesOf(sql`${films.bytes}`) })
      .from(films)
      .where(inArray(films.ownerId, owners)),
  );
  return rows.reduce((total, { bytes }) => total + Number(bytes), 0);
}

/** Names of owners: a user's own, else that of the link by which a visitor or program came. */
async function namesOf(database: Database, ownerIds: string[]): Promise<Map<string, string>> {
  if (ownerIds.length === 0) return new Map();
  const programs = database.select({ id: links.id, name: links.name }).from(links).where(inArray(links.id, ownerIds));
  const people = database.select({ id: users.id, name: users.name }).from(users).where(inArray(users.id, ownerIds));
  const browsers = database
    .select({ id: visitors.id, name: links.name })
    .from(visitors)
    .innerJoin(links, eq(links.id, visitors.linkId))
    .where(inArray(visitors.id, ownerIds));
  return new Map((await unionAll(programs, people, browsers)).map(({ id, name }) => [id, name]));
}
