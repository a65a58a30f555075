import { type SQL, sql } from "drizzle-orm";
import type { Database } from "../sql/database.js";

/** Time between two looks for tables to vacuum, ms. */
const INTERVAL_MS = 600_000;

/** Dead rows from which a table is vacuumed: PostgreSQL's own rule, with a higher floor. */
const worthwhile: SQL = sql`n_dead_tup > 500 + 0.2 * n_live_tup`;

/** Vacuums regularly. */
export interface Vacuum {
  /** Vacuums the tables that need it, now. */
  run(): Promise<void>;
  /** Ends this, and waits for the one in work. */
  close(): Promise<void>;
}

/**
 * Frees the space of deleted rows. PGlite is a single process without PostgreSQL's background workers: no autovacuum
 * reuses deleted rows, and no checkpointer lets old segments of the log (16 MiB each) go, so both would only grow.
 */
export function startVacuum(database: Database): Vacuum {
  let running: Promise<void> = Promise.resolve();

  async function vacuum(): Promise<void> {
    // Counts of the last second may not have reached the statistics yet.
    await database.execute(sql`select pg_stat_force_next_flush()`);
    const tables = await database.execute<{ relname: string }>(sql`select relname from pg_stat_user_tables where ${worthwhile}`);
    const { rows } = tables as unknown as { rows: { relname: string }[] };
    if (rows.length === 0) return;
    // One table at a time, so that other queries come in between.
    for (const { relname } of rows) await database.execute(sql`vacuum ${sql.identifier(relname)}`);
    // Without recycling, the checkpoint deletes old segments.
    await database.execute(sql`set wal_recycle = off`);
    await database.execute(sql`checkpoint`);
  }

  function run(): Promise<void> {
    running = running.then(vacuum);
    return running;
  }

  const timer = setInterval(() => {
    // What stays takes a little space, and the next run tries again.
    running = running.then(vacuum).catch((error: unknown) => process.emitWarning(`The database could not be vacuumed: ${String(error)}`));
  }, INTERVAL_MS);
  timer.unref();

  return {
    run,
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
