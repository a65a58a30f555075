import { desc, lte } from "drizzle-orm";
import type { AuditStore } from "../fleet.js";
import { type Database, written } from "./database.js";
import { auditEntries } from "./schema.js";

/** Entries that are kept. */
const MOST_KEPT = 200_000;

/** The audit log of several servers as rows. */
export function sqlAudit(database: Database, mostKept = MOST_KEPT): AuditStore {
  return {
    async append(entries) {
      const stored = await written(
        database
          .insert(auditEntries)
          .values([...entries])
          .returning({ ordinal: auditEntries.ordinal }),
      );
      const newest = stored.at(-1)?.ordinal ?? 0;
      await written(database.delete(auditEntries).where(lte(auditEntries.ordinal, newest - mostKept)));
    },

    async list(first) {
      const rows = await database.select().from(auditEntries).orderBy(desc(auditEntries.ordinal)).limit(first);
      return rows.map(({ ordinal: _ordinal, ...entry }) => entry);
    },
  };
}
