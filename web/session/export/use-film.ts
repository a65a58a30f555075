import { useState } from "react";
import { execute } from "../../graphql/execute";
import { CancelFilm, type Film, FilmEvents, StartFilm } from "../../graphql/operations";
import { useSubscription } from "../../graphql/use-subscription";
import { type Attempt, useAttempt } from "../../parts/use-attempt";
import { useServer } from "../../parts/use-server";

export type FilmFormat = Film["format"];

export interface FilmForm {
  format: FilmFormat;
  /** Longer side of each picture, px. */
  size: number;
}

export interface FilmMaking extends Pick<Attempt, "busy" | "failure"> {
  /** Formats that the server can make; empty until they are loaded. */
  formats: readonly FilmFormat[];
  /** The film in progress, or the last one. */
  film: Film | null;
  /** What that film was asked for with. */
  asked: FilmForm | null;
  make(form: FilmForm): void;
  cancel(): void;
  /** Forgets a film that is over. */
  forget(): void;
}

/** Makes films of a painting, or of two side by side, and follows their progress. */
export function useFilm(sessionId: string, besideId: string | null): FilmMaking {
  const formats = useServer()?.exportFormats ?? [];
  const [film, setFilm] = useState<Film | null>(null);
  const [asked, setAsked] = useState<FilmForm | null>(null);
  const { busy, failure, attempt } = useAttempt();
  const id = film?.id ?? null;

  useSubscription(id, (key) => {
    let over = false;
    return {
      document: FilmEvents,
      variables: () => ({ id: key }),
      onEvent({ exportChanged }) {
        over = filmIsOver(exportChanged);
        setFilm(exportChanged);
      },
      isOver: () => over,
      // A restarted server does not know the films that it made before.
      onFailure: () => setFilm(null),
    };
  });

  return {
    formats,
    film,
    asked,
    busy,
    failure,
    make(form) {
      setFilm(null);
      void attempt(async () => {
        const { startExport } = await execute(StartFilm, { input: { sessionId, besideId, ...form } });
        setAsked(form);
        setFilm(startExport);
      });
    },
    forget() {
      // The next film may show more steps, or another painting beside it.
      if (film && filmIsOver(film)) setFilm(null);
    },
    cancel: () => void attempt(async () => id && setFilm((await execute(CancelFilm, { id })).cancelExport)),
  };
}

/** Whether a film is finished, failed or cancelled. */
export function filmIsOver({ state }: Film): boolean {
  return state !== "QUEUED" && state !== "RUNNING";
}
