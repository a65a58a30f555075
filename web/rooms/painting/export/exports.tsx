import { useState } from "react";
import { formatDuration } from "../../../parts/durations";
import fold from "../../../parts/fold.module.css";
import { FailureNotice, Notice } from "../../../parts/notice";
import bar from "../../../parts/progress-bar.module.css";
import { SelectControl } from "../../../parts/select-control";
import button from "../../../parts/text-button.module.css";
import { useTimeToGo } from "../../../parts/time-to-go";
import { paintingTexts } from "../../../texts/painting";
import type { Relative } from "../stage/use-relative-picture";
import styles from "./exports.module.css";
import { type FilmFormat, type FilmMaking, filmIsOver, useFilm } from "./use-film";

const texts = paintingTexts.exports;

const stills = [
  { ending: "png", title: "PNG" },
  { ending: "webp", title: "WebP" },
  { ending: "jpg", title: "JPEG" },
];
const filmTitles: Record<FilmFormat, string> = { WEBP: "WebP", GIF: "GIF", MP4: "MP4", WEBM: "WebM" };

interface Props {
  sessionId: string;
  /** The earlier step on show; null for the newest. */
  past: number | null;
  /** The painting shown beside it. */
  compared: Relative | null;
}

/** Downloads of a painting: the picture on show, the settings, a film of the history. */
export function Exports({ sessionId, past, compared }: Props) {
  const making = useFilm(sessionId, compared?.id ?? null);
  const query = new URLSearchParams({ ...(past === null ? {} : { step: String(past) }), ...(compared ? { beside: compared.id } : {}) });
  const path = `/sessions/${encodeURIComponent(sessionId)}`;
  return (
    <details className={fold.fold}>
      <summary>{texts.title}</summary>
      <div className={styles.folded}>
        <p className={styles.row}>
          {compared ? texts.beside(compared.name) : past === null ? texts.picture : texts.step(past)}
          <span className={styles.links}>
            {stills.map(({ ending, title }) => (
              <a key={ending} href={`${path}/export.${ending}${query.size > 0 ? `?${query}` : ""}`} download>
                {title}
              </a>
            ))}
          </span>
        </p>
        <p className={styles.row}>
          {texts.trace}
          <span className={styles.links}>
            <a href={`${path}/trace.json`} download>
              JSON
            </a>
          </span>
        </p>
        {making.formats.length > 0 && <FilmMaker making={making} />}
      </div>
    </details>
  );
}

function FilmMaker({ making: { formats, film, busy, failure, make, cancel } }: { making: FilmMaking }) {
  const [wanted, setWanted] = useState<FilmFormat | null>(null);
  const usual = formats.includes("MP4") ? "MP4" : (formats[0] ?? "WEBP");
  const format = wanted ?? usual;
  const works = film !== null && !filmIsOver(film);
  const toGo = useTimeToGo(works ? film.progress : null);
  return (
    <div className={styles.film}>
      <div className={styles.row}>
        <SelectControl
          title={texts.film}
          options={formats.map((value) => ({ value, title: filmTitles[value] }))}
          value={format}
          onChange={(value: FilmFormat) => setWanted(value)}
        />
        {works ? (
          <button type="button" className={button.accent} disabled={busy} onClick={cancel}>
            {texts.stop}
          </button>
        ) : (
          <button type="button" className={button.accent} disabled={busy} onClick={() => make(format)}>
            {texts.make}
          </button>
        )}
      </div>
      {works && toGo !== null && <p className="note">{texts.toGo(formatDuration(toGo))}</p>}
      {works && <progress className={bar.bar} value={film.progress} max={1} aria-label={texts.making} />}
      {film?.url && (
        <a className={styles.ready} href={film.url} download>
          {texts.download(filmTitles[film.format])}
        </a>
      )}
      {film?.error && <Notice>{film.error.message}</Notice>}
      <FailureNotice error={failure} />
    </div>
  );
}
