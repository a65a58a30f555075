import { and, desc, eq, getTableColumns, gt, inArray, isNotNull, isNull, lte, notExists, or, type SQL, sql } from "drizzle-orm";
import { AtelierError } from "../../errors.js";
import type { KnownVisitor, LinkRecord, SignIn } from "../../records/access.js";
import type { AccessStore } from "../access.js";
import { type Database, written } from "./database.js";
import { isOpenAt, requireLinkPlace } from "./open-links.js";
import { endedAttempts, images, links, sessions, sharedKeys, users, visitorShares, visitors } from "./schema.js";
import { byteLengthOfLink, limitingLink, usageOfOwners } from "./usage.js";

/** Links, users and visitors as rows. */
export function sqlAccess(database: Database): AccessStore {
  async function visitorWhere(condition: SQL | undefined): Promise<{ row: typeof visitors.$inferSelect; visitor: KnownVisitor } | null> {
    const [found] = await database
      .select({ row: visitors, link: links, user: users })
      .from(visitors)
      .leftJoin(links, eq(links.id, visitors.linkId))
      .leftJoin(users, eq(users.id, visitors.userId))
      .where(condition);
    if (!found) return null;
    const { row, link, user } = found;
    const shares = await database
      .select(getTableColumns(links))
      .from(links)
      .innerJoin(visitorShares, eq(visitorShares.linkId, links.id))
      .where(eq(visitorShares.visitorId, row.id));
    const signIn: SignIn | null = user && row.signedInUntil && { user, until: row.signedInUntil };
    const { id, createdAt } = row;
    return { row, visitor: { id, createdAt, link: link && linkRecord(link), shares: shares.map(linkRecord), signIn } };
  }

  return {
    async addLink(link, secretHash, place) {
      const add = (into: Database) => written(into.insert(links).values({ ...link, secretHash }));
      if (!place) return void (await add(database));
      await database.transaction(async (transaction) => {
        await requireLinkPlace(transaction, link, place);
        await add(transaction);
      });
    },

    addFirstAdmin: (link, secretHash, at) =>
      database.transaction(async (transaction) => {
        await transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended('first admin', 0))`);
        const isAdmin = and(eq(links.kind, "ACCESS"), eq(links.role, "ADMIN"), isOpenAt(at));
        if ((await transaction.select({ id: links.id }).from(links).where(isAdmin).limit(1)).length > 0) return false;
        await written(transaction.insert(links).values({ ...link, secretHash }));
        return true;
      }),

    async links({ first, skip }, { kind, sessionId, ownerId, openAt }) {
      const matching = and(
        kind && eq(links.kind, kind),
        sessionId === undefined ? undefined : eq(links.sessionId, sessionId),
        ownerId === undefined ? undefined : eq(links.ownerId, ownerId),
        openAt && isOpenAt(openAt),
      );
      const rows = await database
        .select()
        .from(links)
        .where(matching)
        .orderBy(desc(links.createdAt), desc(links.id))
        .limit(first)
        .offset(skip);
      return rows.map(linkRecord);
    },

    async sharedKey(name, fresh) {
      await written(database.insert(sharedKeys).values({ name, key: fresh }).onConflictDoNothing());
      const [row] = await database.select().from(sharedKeys).where(eq(sharedKeys.name, name));
      return row?.key ?? fresh;
    },

    async endAttempt(state, until, now) {
      await written(database.delete(endedAttempts).where(lte(endedAttempts.until, now)));
      return (await written(database.insert(endedAttempts).values({ state, until }).onConflictDoNothing().returning())).length > 0;
    },

    usage: (first) => usageOfOwners(database, first),

    byteLengthOfLink: (linkId) => byteLengthOfLink(database, linkId),

    async linkBehind(visitorId) {
      const [row] = await database.select({ linkId: visitors.linkId }).from(visitors).where(eq(visitors.id, visitorId));
      return row?.linkId ?? null;
    },

    async limitingLink(ownerId) {
      const [row] = await database
        .select({ id: links.id })
        .from(links)
        .where(eq(links.id, limitingLink(sql`${ownerId}::text`)));
      return row?.id ?? null;
    },

    async findLink(id) {
      const [row] = await database.select().from(links).where(eq(links.id, id));
      return row ? linkRecord(row) : null;
    },

    async linkOf(secretHash) {
      const [row] = await database.select().from(links).where(eq(links.secretHash, secretHash));
      return row ? linkRecord(row) : null;
    },

    async revokeLink(id, at) {
      const [row] = await written(
        database
          .update(links)
          .set({ revokedAt: at })
          .where(and(eq(links.id, id), isNull(links.revokedAt)))
          .returning(),
      );
      return row ? linkRecord(row) : null;
    },

    async addVisitor({ id, createdAt }, secretHash, signIn) {
      const signedIn = { userId: signIn?.user ?? null, signedInUntil: signIn?.until ?? null };
      await written(database.insert(visitors).values({ id, createdAt, secretHash, ...signedIn }));
    },

    async visitorOf(secretHash) {
      const found = await visitorWhere(or(eq(visitors.secretHash, secretHash), eq(visitors.previousHash, secretHash)));
      if (!found) return null;
      return found.row.secretHash === secretHash ? found.visitor : { ...found.visitor, shares: [] };
    },

    async endPrevious(secretHash) {
      const [row] = await written(
        database
          .update(visitors)
          .set({ previousHash: null })
          .where(and(eq(visitors.secretHash, secretHash), isNotNull(visitors.previousHash)))
          .returning({ id: visitors.id }),
      );
      return row?.id ?? null;
    },

    async findVisitor(id) {
      return (await visitorWhere(and(eq(visitors.id, id), isNotNull(visitors.secretHash))))?.visitor ?? null;
    },

    admit: (visitorId, secretHash, link, before) =>
      database.transaction(async (transaction) => {
        const [row] = await transaction.select().from(visitors).where(eq(visitors.id, visitorId)).for("update");
        if (row && before && row.secretHash !== before.hash) {
          if (row.previousHash !== before.hash) return false;
          await written(transaction.delete(visitorShares).where(eq(visitorShares.visitorId, visitorId)));
        }
        const previousHash = before?.ends ? null : sql`${visitors.secretHash}`;
        const role = link.kind === "ACCESS" ? { linkId: link.id } : {};
        await written(
          transaction
            .insert(visitors)
            .values({ id: visitorId, createdAt: new Date(), secretHash, ...role })
            .onConflictDoUpdate({ target: visitors.id, set: { secretHash, previousHash, ...role } }),
        );
        if (link.kind === "SHARE")
          await written(transaction.insert(visitorShares).values({ visitorId, linkId: link.id }).onConflictDoNothing());
        return true;
      }),

    async dismiss(visitorId) {
      // The link stays: what an admin left behind remains an admin's.
      const nothing = { secretHash: null, previousHash: null, userId: null, signedInUntil: null };
      await written(database.update(visitors).set(nothing).where(eq(visitors.id, visitorId)));
    },

    async forgetVisitors(by, most) {
      const found = database
        .select({ id: visitors.id })
        .from(visitors)
        .where(and(lte(visitors.createdAt, by), isLost(by), ownsNothing(), makesNoAdmin()))
        .limit(most);
      return (await written(database.delete(visitors).where(inArray(visitors.id, found)).returning({ id: visitors.id }))).length;
    },

    async saveUser(user) {
      const { name, role, lastSignInAt } = user;
      const [stored] = await written(
        database
          .insert(users)
          .values(user)
          .onConflictDoUpdate({ target: [users.issuer, users.subject], set: { name, role, lastSignInAt } })
          .returning(),
      );
      if (!stored) throw new AtelierError("INTERNAL", "A user was not stored.");
      return stored;
    },

    async userOf(issuer, subject) {
      const [user] = await database
        .select()
        .from(users)
        .where(and(eq(users.issuer, issuer), eq(users.subject, subject)));
      return user ?? null;
    },

    users: ({ first, skip }) => database.select().from(users).orderBy(desc(users.lastSignInAt), desc(users.id)).limit(first).offset(skip),

    async hasUser(issuer, role) {
      const matching = and(eq(users.issuer, issuer), eq(users.role, role), isNull(users.accessEndedAt));
      return (await database.select({ id: users.id }).from(users).where(matching).limit(1)).length > 0;
    },

    async setAccessEnd(userId, at) {
      const [user] = await written(database.update(users).set({ accessEndedAt: at }).where(eq(users.id, userId)).returning());
      return user ?? null;
    },

    async visitorsOfUser(userId) {
      const matching = and(eq(visitors.userId, userId), isNotNull(visitors.secretHash));
      return (await database.select({ id: visitors.id }).from(visitors).where(matching)).map(({ id }) => id);
    },
  };

  /** Holds for visitors without a secret, and for those whose sign-in and links ended by an instant. */
  function isLost(by: Date): SQL | undefined {
    const isOpen = and(or(isNull(links.revokedAt), gt(links.revokedAt, by)), or(isNull(links.expiresAt), gt(links.expiresAt, by)));
    const role = database
      .select({ id: links.id })
      .from(links)
      .where(and(eq(links.id, visitors.linkId), isOpen));
    const shares = database
      .select({ id: links.id })
      .from(links)
      .innerJoin(visitorShares, eq(visitorShares.linkId, links.id))
      .where(and(eq(visitorShares.visitorId, visitors.id), isOpen));
    const isSignedOut = or(isNull(visitors.signedInUntil), lte(visitors.signedInUntil, by));
    return or(isNull(visitors.secretHash), and(isSignedOut, notExists(role), notExists(shares)));
  }

  /** Holds for visitors who own no session, picture or link. */
  function ownsNothing(): SQL | undefined {
    const own = [sessions, images, links].map((table) =>
      notExists(database.select({ id: table.id }).from(table).where(eq(table.ownerId, visitors.id))),
    );
    return and(...own);
  }

  /** Holds unless a user counts as an admin by a visitor, as `notOfAdmins` says. */
  function makesNoAdmin(): SQL {
    const admins = database
      .select({ id: links.id })
      .from(links)
      .where(and(eq(links.id, visitors.linkId), eq(links.role, "ADMIN"), isNotNull(visitors.userId)));
    return notExists(admins);
  }
}

/** The link of a row, whose columns depend on its kind. */
function linkRecord({ secretHash: _secret, kind, role, sessionId, output, actsFor, ...base }: typeof links.$inferSelect): LinkRecord {
  if (kind === "ACCESS" && role !== null) return { ...base, kind, role, sessionId: null, output: null, actsFor: null };
  if (kind === "TOKEN" && role !== null && actsFor !== null) return { ...base, kind, role, sessionId: null, output: null, actsFor };
  if (kind === "SHARE" && sessionId !== null) return { ...base, kind, role: null, sessionId, output: null, actsFor: null };
  if (kind === "OUTPUT" && output !== null) return { ...base, kind, role: null, sessionId: null, output, actsFor: null };
  throw new AtelierError("INTERNAL", "A stored link is incomplete.");
}
