import { and, asc, eq, lt, ne, sql } from "drizzle-orm";
import type { WorkerStore } from "../fleet.js";
import { type Database, written } from "./database.js";
import { workers } from "./schema.js";

/** Workers as rows, with the times of the database's clock. */
export function sqlWorkers(database: Database): WorkerStore {
  const now = sql`clock_timestamp()`;
  return {
    async announce(id, announcement, silenceMs) {
      const seen = { announcement, seenAt: now };
      await written(
        database
          .insert(workers)
          .values({ id, ...seen })
          .onConflictDoUpdate({ target: workers.id, set: seen }),
      );
      await database.delete(workers).where(lt(workers.seenAt, sql`clock_timestamp() - ${silenceMs} * interval '1 millisecond'`));
    },

    async list(silenceMs, except) {
      const isSeen = sql`${workers.seenAt} >= clock_timestamp() - ${silenceMs} * interval '1 millisecond'`;
      const rows = await database
        .select({ announcement: workers.announcement })
        .from(workers)
        .where(and(isSeen, except === undefined ? undefined : ne(workers.id, except)))
        .orderBy(asc(workers.id));
      return rows.map(({ announcement }) => announcement);
    },

    async leave(id) {
      await database.delete(workers).where(eq(workers.id, id));
    },
  };
}
