import { and, eq, inArray, isNull, lte, sql } from "drizzle-orm";
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
 * and postpones the next look. A server that hangs for longer than the time of grace finds its object deleted when it stores the
 * row: the candidate says so for a day, and the row is refused (`isRemoved`).
 */
export interface Candidates {
  /** Call this before objects are stored whose row follows. @throws StorageUnavailable */
  storing(candidates: readonly string[]): Promise<void>;
  /** Call this in the transaction that deletes rows, or without one for objects that get no row. @throws StorageUnavailable */
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

/** How long it is known that an object was deleted before its row came, ms: a machine may sleep for a night. */
const REMEMBERED_MS = 24 * 3_600_000;

/** Candidates of one transaction: their deletion holds a connection and their locks. */
const BATCH = 100;

/** Candidates as rows; looks at those that are old enough regularly. */
export function startCandidates({ database, objects, kinds, graceMs, sweepMs }: CandidatesDependencies): Candidates {
  const before = (ms: number) => sql`clock_timestamp() - ${ms}::double precision * interval '1 millisecond'`;
  const isOld = and(isNull(blobCandidates.removedAt), lte(blobCandidates.since, before(graceMs)));

  /** Number of candidates that were looked at. Those that another server looks at are skipped. */
  function sweepBatch(only?: string): Promise<number> {
    return database.transaction(async (transaction) => {
      // Objects are deleted while it is open.
      await transaction.execute(sql`set local idle_in_transaction_session_timeout = '60s'`);
      const rows = await transaction
        .select({ digest: blobCandidates.digest })
        .from(blobCandidates)
        .where(and(isOld, only === undefined ? undefined : eq(blobCandidates.digest, only)))
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
        await transaction
          .update(blobCandidates)
          .set({ removedAt: sql`clock_timestamp()` })
          .where(and(inArray(blobCandidates.digest, unused), blobCandidates.awaitsRow));
      }
      await transaction.delete(blobCandidates).where(and(inArray(blobCandidates.digest, taken), isNull(blobCandidates.removedAt)));
      return taken.length;
    });
  }

  async function sweep(only?: string): Promise<void> {
    while ((await reaching(() => sweepBatch(only))) === BATCH);
    const isForgotten = lte(blobCandidates.removedAt, before(REMEMBERED_MS));
    await reaching(async () => database.delete(blobCandidates).where(isForgotten));
  }

  async function insert(to: Database, candidates: readonly string[], awaitsRow: boolean): Promise<void> {
    if (candidates.length === 0) return;
    // In one order, so that two servers do not wait for each other.
    const rows = [...new Set(candidates)].sort().map((digest) => ({ digest, since: databaseNow, awaitsRow }));
    const renewed = {
      since: sql`excluded.since`,
      awaitsRow: sql`${blobCandidates.awaitsRow} or excluded.awaits_row`,
      // What is being stored is no longer removed.
      ...(awaitsRow ? { removedAt: null } : {}),
    };
    await to.insert(blobCandidates).values(rows).onConflictDoUpdate({ target: blobCandidates.digest, set: renewed });
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
    storing: (candidates) => reaching(() => insert(database, candidates, true)),

    async add(candidates, transaction) {
      if (transaction) await insert(transaction, candidates, false);
      else await reaching(() => insert(database, candidates, false));
    },

    sweep,

    async close() {
      ended = true;
      clearTimeout(timer);
      await sweeping;
    },
  };
}
