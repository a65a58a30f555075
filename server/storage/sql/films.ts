import { and, asc, count, desc, eq, getTableColumns, inArray, lte, notExists, or, type SQL, sql, sum } from "drizzle-orm";
import { type ExportRecord, hasEnded } from "../../records/film.js";
import type { FilmStore } from "../films.js";
import { type Database, written } from "./database.js";
import { films, sessions } from "./schema.js";

/** Where the files of finished films are. */
export interface FilmFiles extends Pick<FilmStore, "read"> {
  /** Takes in a file; returns its size, bytes. */
  put(film: ExportRecord, path: string): Promise<number>;
  /** Called in the transaction that deletes the rows of films. */
  release(films: readonly ExportRecord[], transaction: Database): Promise<void>;
  /** Deletes the files of films that have no rows any more. */
  remove(films: readonly ExportRecord[]): Promise<void>;
}

const { makerId: _makerId, leaseUntil: _leaseUntil, sessionId: _sessionId, besideId: _besideId, ...shown } = getTableColumns(films);

/** Films as rows, whose leases are renewed over `renewals`; the adapter keeps the files. */
export function sqlFilms(database: Database, files: FilmFiles, renewals = database): FilmStore {
  const isOpen = inArray(films.state, ["QUEUED", "RUNNING"]);
  const until = (leaseMs: number) => sql`clock_timestamp() + ${leaseMs}::double precision * interval '1 millisecond'`;
  // A lease that ends much later than any that is given dates from before the clock of the database was set back.
  const isOver = sql`(${films.leaseUntil} <= clock_timestamp() or ${films.leaseUntil} > clock_timestamp() + interval '5 minutes')`;

  async function remove(matching: SQL | undefined): Promise<ExportRecord[]> {
    const gone = await database.transaction(async (transaction) => {
      const rows = await transaction.delete(films).where(matching).returning(shown);
      await files.release(rows.filter(isFinished), transaction);
      return rows;
    });
    await files.remove(gone.filter(isFinished));
    return gone;
  }

  /** Films of which a column names a session that is gone. */
  const without = (column: typeof films.sessionId | typeof films.besideId) =>
    notExists(database.select({ id: sessions.id }).from(sessions).where(eq(sessions.id, column)));

  return {
    async insert(film, { makerId, leaseMs }, requirePlace) {
      await database.transaction(async (transaction) => {
        const { ownerId, settings } = film;
        // Two films that an owner starts at once are counted one after the other.
        await transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended(${ownerId}, 1))`);
        const [found] = await transaction
          .select({ open: count() })
          .from(films)
          .where(and(eq(films.ownerId, ownerId), isOpen));
        requirePlace?.(found?.open ?? 0);
        const { sessionId, besideId } = settings;
        const row = { ...film, sessionId, besideId, makerId, leaseUntil: until(leaseMs) };
        await written(transaction.insert(films).values(row));
      });
    },

    async find(id) {
      const [film] = await database.select(shown).from(films).where(eq(films.id, id));
      return film ?? null;
    },

    async ofSessions(sessionIds) {
      const ids = [...sessionIds];
      const rows = await database
        .select(shown)
        .from(films)
        .where(or(inArray(films.sessionId, ids), inArray(films.besideId, ids)))
        .orderBy(asc(films.createdAt), asc(films.id));
      const ofSession = ids.map(
        (id) => [id, rows.filter(({ settings }) => settings.sessionId === id || settings.besideId === id)] as const,
      );
      return new Map(ofSession.filter(([, some]) => some.length > 0));
    },

    async update(id, patch) {
      const [film] = await written(
        database
          .update(films)
          .set(patch)
          .where(and(eq(films.id, id), isOpen))
          .returning(shown),
      );
      return film ?? null;
    },

    async complete(film, path) {
      const bytes = await files.put(film, path);
      const [completed] = await written(
        database
          .update(films)
          .set({ state: "COMPLETED", progress: 1, bytes })
          .where(and(eq(films.id, film.id), isOpen, sql`not ${isOver}`))
          .returning(shown),
      );
      if (completed) return completed;
      const kept = { ...film, bytes };
      await files.release([kept], database);
      await files.remove([kept]);
      return null;
    },

    async renew({ makerId, leaseMs }, ids) {
      const renewed = await renewals
        .update(films)
        .set({ leaseUntil: until(leaseMs) })
        .where(and(eq(films.makerId, makerId), inArray(films.id, [...ids]), isOpen))
        .returning({ id: films.id });
      return renewed.map(({ id }) => id);
    },

    endAbandoned: async (error) =>
      written(database.update(films).set({ state: "FAILED", error }).where(and(isOpen, isOver)).returning(shown)),

    deleteOf: (sessionId) => remove(or(eq(films.sessionId, sessionId), eq(films.besideId, sessionId))),

    async byteLengthOf(ownerId) {
      const [row] = await database
        .select({ bytes: sum(films.bytes).mapWith(Number) })
        .from(films)
        .where(eq(films.ownerId, ownerId));
      return row?.bytes ?? 0;
    },

    deleteBeyond(ownerId, most) {
      const beyond = database
        .select({ id: films.id })
        .from(films)
        .where(and(eq(films.ownerId, ownerId), eq(films.state, "COMPLETED")))
        .orderBy(desc(films.createdAt), desc(films.id))
        .offset(most);
      return remove(inArray(films.id, beyond));
    },

    deleteOutdated: (by) =>
      remove(or(lte(films.createdAt, by), without(films.sessionId), and(sql`${films.besideId} is not null`, without(films.besideId)))),

    read: files.read,
  };
}

/** The ids among `ids` of films that are COMPLETED. */
export async function finishedFilms(database: Database, ids: readonly string[]): Promise<Set<string>> {
  const rows = await database
    .select({ id: films.id })
    .from(films)
    .where(and(inArray(films.id, [...ids]), eq(films.state, "COMPLETED")));
  return new Set(rows.map(({ id }) => id));
}

function isFinished(film: ExportRecord): boolean {
  return hasEnded(film) && film.bytes !== null;
}
