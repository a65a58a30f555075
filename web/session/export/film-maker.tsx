import { Dialog } from "radix-ui";
import dialog from "../../parts/dialog.module.css";
import { formatDuration } from "../../parts/durations";
import { FailureNotice, Notice } from "../../parts/notice";
import bar from "../../parts/progress-bar.module.css";
import { useTimeToGo } from "../../parts/time-to-go";
import { exportTexts as texts } from "../../texts/export";
import { type FilmForm, type FilmMaking, filmIsOver } from "./use-film";

/** Makes a film and offers it once it is ready. */
export function FilmMaker({ making: { film, asked, busy, failure, make, cancel }, form }: { making: FilmMaking; form: FilmForm }) {
  const works = film !== null && !filmIsOver(film);
  const toGo = useTimeToGo(works ? film.progress : null);
  const ready = film && asked?.format === form.format && asked.size === form.size ? film.url : null;
  return (
    <>
      {works && <progress className={bar.bar} value={film.progress} max={1} aria-label={texts.making} />}
      {works && toGo !== null && <p className="note">{texts.toGo(formatDuration(toGo))}</p>}
      {film?.error && <Notice>{film.error.message}</Notice>}
      <FailureNotice error={failure} />
      <div className={dialog.actions}>
        <Dialog.Close className="button">{texts.close}</Dialog.Close>
        {works ? (
          <button type="button" className="button" disabled={busy} onClick={cancel}>
            {texts.stop}
          </button>
        ) : ready ? (
          <a className="button primary" href={ready} download>
            {texts.download}
          </a>
        ) : (
          <button type="button" className="button primary" disabled={busy} onClick={() => make(form)}>
            {texts.make}
          </button>
        )}
      </div>
    </>
  );
}
