import { and, desc, eq, getTableColumns, gt, isNull, or, sql } from "drizzle-orm";
import { AtelierError } from "../../errors.js";
import type { LinkRecord } from "../../records/access.js";
import type { AccessStore } from "../storage.js";
import { type Database, written } from "./database.js";
import { links, visitorShares, visitors } from "./schema.js";

/** Links and visitors as rows. */
export function sqlAccess(database: Database): AccessStore {
  return {
    async addLink(link, secretHash) {
      await written(database.insert(links).values({ ...link, secretHash }));
    },

    async links({ first, skip }, { kind, sessionId, ownerId, openAt }) {
      const matching = and(
        kind && eq(links.kind, kind),
        sessionId === undefined ? undefined : eq(links.sessionId, sessionId),
        ownerId === undefined ? undefined : eq(links.ownerId, ownerId),
        openAt && and(isNull(links.revokedAt), or(isNull(links.expiresAt), gt(links.expiresAt, openAt))),
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

    async addVisitor({ id, createdAt }, secretHash) {
      await written(database.insert(visitors).values({ id, createdAt, secretHash }));
    },

    async visitorOf(secretHash) {
      const [found] = await database
        .select({ id: visitors.id, createdAt: visitors.createdAt, previousHash: visitors.previousHash, link: links })
        .from(visitors)
        .leftJoin(links, eq(links.id, visitors.linkId))
        .where(or(eq(visitors.secretHash, secretHash), eq(visitors.previousHash, secretHash)));
      if (!found) return null;
      if (found.previousHash !== null && found.previousHash !== secretHash) {
        await written(database.update(visitors).set({ previousHash: null }).where(eq(visitors.secretHash, secretHash)));
      }
      const shares = await database
        .select(getTableColumns(links))
        .from(links)
        .innerJoin(visitorShares, eq(visitorShares.linkId, links.id))
        .where(eq(visitorShares.visitorId, found.id));
      return { id: found.id, createdAt: found.createdAt, link: found.link && linkRecord(found.link), shares: shares.map(linkRecord) };
    },

    admit: (visitorId, secretHash, link) =>
      database.transaction(async (transaction) => {
        const role = link.kind === "ACCESS" ? { linkId: link.id } : {};
        await written(
          transaction
            .update(visitors)
            .set({ secretHash, previousHash: sql`${visitors.secretHash}`, ...role })
            .where(eq(visitors.id, visitorId)),
        );
        if (link.kind !== "SHARE") return;
        await written(transaction.insert(visitorShares).values({ visitorId, linkId: link.id }).onConflictDoNothing());
      }),

    async dismiss(visitorId) {
      // The link stays: what an admin left behind remains an admin's.
      await written(database.update(visitors).set({ secretHash: null, previousHash: null }).where(eq(visitors.id, visitorId)));
    },
  };
}

/** The link of a row, whose columns depend on its kind. */
function linkRecord({ secretHash: _secret, kind, role, sessionId, output, ...base }: typeof links.$inferSelect): LinkRecord {
  if (kind === "ACCESS" && role !== null) return { ...base, kind, role, sessionId: null, output: null };
  if (kind === "SHARE" && sessionId !== null) return { ...base, kind, role: null, sessionId, output: null };
  if (kind === "OUTPUT" && output !== null) return { ...base, kind, role: null, sessionId: null, output };
  throw new AtelierError("INTERNAL", "A stored link is incomplete.");
}
