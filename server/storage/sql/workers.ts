import { and, asc, eq, ne, not, type SQL, sql } from "drizzle-orm";
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
      await database.delete(workers).where(not(isSeen(silenceMs)));
    },

    async list(silenceMs, except) {
      const rows = await database
        .select({ announcement: workers.announcement })
        .from(workers)
        .where(and(isSeen(silenceMs), except === undefined ? undefined : ne(workers.id, except)))
        .orderBy(asc(workers.id));
      return rows.map(({ announcement }) => announcement);
    },

    async leave(id) {
      await database.delete(workers).where(eq(workers.id, id));
    },
  };
}

/** Whether a worker announced itself within `silenceMs`. A time much later than now is from before the clock was set back. */
function isSeen(silenceMs: number): SQL {
  const silence = sql`${silenceMs} * interval '1 millisecond'`;
  return sql`${workers.seenAt} between clock_timestamp() - ${silence} and clock_timestamp() + ${silence}`;
}
