import { inArray, sql } from "drizzle-orm";
import { databaseNow } from "../sql/clock.js";
import type { Database } from "../sql/database.js";
import { blobCandidates } from "../sql/schema.js";
import type { ObjectStore } from "./objects.js";
import { reaching } from "./reachable.js";

/** Objects of one kind among the candidates. */
export interface ObjectKind {
  /** Whether a candidate is of this kind. */
  has: (candidate: string) => boolean;
  keysOf: (candidate: string) => readonly string[];
  /** Those among `candidates` that a row refers to, read in a transaction. */
  inUse: (database: Database, candidates: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Called after an object was deleted. */
  removed?: (candidate: string) => Promise<void>;
}

/**
 * Deletes objects that no row refers to. Every object that was stored or lost a row is a candidate for some time, and is
 * then looked at once: so an object whose row never came, because its server was killed, is deleted too.
 *
 * The row of a candidate is a lock between servers. Storing the same bytes again waits while their object is deleted,
 * and postpones the next look.
 */
export interface Candidates {
  /** Call this before objects are stored, and in the transaction that deletes rows. @throws StorageUnavailable */
  add(candidates: readonly string[], database?: Database): Promise<void>;
  /** Looks at candidates that are old enough, with `only` at one, and deletes what is unused. @throws StorageUnavailable */
  sweep(only?: string): Promise<void>;
  /** Ends the sweeps, and waits for the one in work. */
  close(): Promise<void>;
}

export interface CandidatesDependencies {
  database: Database;
  objects: ObjectStore;
  kinds: readonly ObjectKind[];
  /** Longest time between storing an object and its row, ms. */
  graceMs: number;
  /** Time between two sweeps, ms. */
  sweepMs: number;
}

/** Candidates of one transaction: their deletion holds a connection and their locks. */
const BATCH = 100;

/** Candidates as rows; looks at those that are old enough regularly. */
export function startCandidates({ database, objects, kinds, graceMs, sweepMs }: CandidatesDependencies): Candidates {
  const isOld = sql`${blobCandidates.since} <= clock_timestamp() - ${graceMs}::double precision * interval '1 millisecond'`;

  /** Number of candidates that were looked at. Those that another server looks at are skipped. */
  function sweepBatch(only?: string): Promise<number> {
    return database.transaction(async (transaction) => {
      // Objects are deleted while it is open.
      await transaction.execute(sql`set local idle_in_transaction_session_timeout = '60s'`);
      const rows = await transaction
        .select({ digest: blobCandidates.digest })
        .from(blobCandidates)
        .where(only === undefined ? isOld : sql`${isOld} and ${blobCandidates.digest} = ${only}`)
        .orderBy(blobCandidates.since)
        .limit(BATCH)
        .for("update", { skipLocked: true });
      const taken = rows.map(({ digest }) => digest);
      if (taken.length === 0) return 0;
      for (const kind of kinds) {
        const candidates = taken.filter(kind.has);
        const used = await kind.inUse(transaction, candidates);
        const unused = candidates.filter((candidate) => !used.has(candidate));
        await objects.delete(unused.flatMap(kind.keysOf));
        for (const candidate of unused) await kind.removed?.(candidate);
      }
      await transaction.delete(blobCandidates).where(inArray(blobCandidates.digest, taken));
      return taken.length;
    });
  }

  async function sweep(only?: string): Promise<void> {
    while ((await reaching(() => sweepBatch(only))) === BATCH);
  }

  let ended = false;
  let sweeping: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;

  /** After a failure, rows that could not be stored meanwhile get the time of grace again. */
  function sweepIn(delayMs: number): void {
    timer = setTimeout(() => {
      sweeping = sweep().then(
        () => next(sweepMs),
        (error: unknown) => {
          process.emitWarning(`Unused pictures could not be deleted: ${String(error)}`);
          next(Math.max(graceMs, sweepMs));
        },
      );
    }, delayMs);
    timer.unref();
  }

  function next(delayMs: number): void {
    if (!ended) sweepIn(delayMs);
  }

  sweepIn(sweepMs);

  return {
    async add(candidates, transaction) {
      if (candidates.length === 0) return;
      // In one order, so that two servers do not wait for each other.
      const rows = [...new Set(candidates)].sort().map((digest) => ({ digest, since: databaseNow }));
      const insert = (to: Database) =>
        to
          .insert(blobCandidates)
          .values(rows)
          .onConflictDoUpdate({ target: blobCandidates.digest, set: { since: sql`excluded.since` } });
      if (transaction) await insert(transaction);
      else await reaching(async () => insert(database));
    },

    sweep,

    async close() {
      ended = true;
      clearTimeout(timer);
      await sweeping;
    },
  };
}
