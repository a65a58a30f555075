import type { ExportRecord } from "../records/film.js";
import type { FilmMaker, FilmStore } from "../storage/films.js";

/** Time between two signs of life of a server that makes films, ms. */
const RENEW_MS = 2000;

/** What a film ends with whose server gave no sign of life. */
const ABANDONED = { code: "UNAVAILABLE", message: "The server that made this film stopped. Start the export again." } as const;

export interface FilmLeasesParts {
  films: Pick<FilmStore, "renew" | "update" | "endAbandoned">;
  maker: FilmMaker;
  /** The stored films that this server is to make, with their progress. */
  making(): readonly ExportRecord[];
  /** Receives the id of each film among them that has ended elsewhere. */
  lost(id: string): void;
  /** Receives each film that ended because its server died. */
  ended(record: ExportRecord): void;
  /** Receives errors; the next attempt follows. */
  failed(error: unknown): void;
}

export interface FilmLeases {
  close(): Promise<void>;
}

/** Shows every two seconds that this server is alive while it makes films, and ends those of servers that are not. */
export function openFilmLeases({ films, maker, making, lost, ended, failed }: FilmLeasesParts): FilmLeases {
  async function renew(mine: readonly ExportRecord[]): Promise<void> {
    if (mine.length === 0) return;
    const open = new Set(
      await films.renew(
        maker,
        mine.map(({ id }) => id),
      ),
    );
    for (const { id, progress } of mine) {
      if (!open.has(id)) lost(id);
      else if (progress > 0) await films.update(id, { progress });
    }
  }

  /** Its own films come first, so that a server which was slow does not end them. */
  async function look(): Promise<void> {
    await renew(making());
    for (const record of await films.endAbandoned(ABANDONED)) ended(record);
  }

  let isClosed = false;
  let timer: NodeJS.Timeout;
  let looking: Promise<void> = Promise.resolve();
  const lookIn = (delayMs: number) => {
    timer = setTimeout(() => {
      looking = look()
        .catch(failed)
        .then(() => {
          if (!isClosed) lookIn(RENEW_MS);
        });
    }, delayMs);
    timer.unref();
  };
  lookIn(0);

  return {
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
