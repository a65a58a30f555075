import { useEffect, useState } from "react";
import { execute } from "../../../graphql/execute";
import { CancelFilm, type Film, FilmEvents, FilmFormatsQuery, StartFilm } from "../../../graphql/operations";
import { follow, untilReached } from "../../../graphql/subscribe";
import { type Attempt, useAttempt } from "../../../parts/use-attempt";

export type FilmFormat = Film["format"];

export interface FilmMaking extends Pick<Attempt, "busy" | "failure"> {
  /** What the server can make; empty while that is not known. */
  formats: readonly FilmFormat[];
  /** The one that is made or was made last. */
  film: Film | null;
  make(format: FilmFormat): void;
  cancel(): void;
}

/** Makes films of a painting, or of two beside each other, and tells how far they are. */
export function useFilm(sessionId: string, besideId: string | null): FilmMaking {
  const [formats, setFormats] = useState<readonly FilmFormat[]>([]);
  const [film, setFilm] = useState<Film | null>(null);
  const { busy, failure, attempt } = useAttempt();

  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    untilReached(() => execute(FilmFormatsQuery, {}, signal), ignore, signal).then(
      ({ server }) => setFormats(server.exportFormats),
      () => setFormats([]),
    );
    return () => ending.abort();
  }, []);

  const id = film?.id;
  useEffect(() => {
    if (!id) return;
    const ending = new AbortController();
    let over = false;
    follow({
      document: FilmEvents,
      variables: () => ({ id }),
      onEvent({ exportChanged }) {
        over = isOver(exportChanged);
        setFilm(exportChanged);
      },
      onConnection: ignore,
      isOver: () => over,
      signal: ending.signal,
      // A server that was started again knows nothing of films that an earlier one made.
    }).catch(() => setFilm(null));
    return () => ending.abort();
  }, [id]);

  return {
    formats,
    film,
    busy,
    failure,
    make: (format) => void attempt(async () => setFilm((await execute(StartFilm, { input: { sessionId, besideId, format } })).startExport)),
    cancel: () => void attempt(async () => id && setFilm((await execute(CancelFilm, { id })).cancelExport)),
  };
}

/** Whether nothing more will happen to a film. */
export function isOver({ state }: Film): boolean {
  return state !== "QUEUED" && state !== "RUNNING";
}

function ignore(): void {
  // Whoever follows the session tells of a lost connection.
}
