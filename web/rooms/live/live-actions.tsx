import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { execute } from "../../graphql/execute";
import { KeepFrame } from "../../graphql/operations";
import { FailureNotice } from "../../parts/notice";
import { useAttempt } from "../../parts/use-attempt";
import { useFullScreen } from "../../parts/use-full-screen";
import { useShortcut } from "../../shortcuts/use-shortcut";
import { liveTexts as texts } from "../../texts/live";
import styles from "./live.module.css";
import { canRecord, type Recording, record, saveFile } from "./recording";
import type { LiveState } from "./run-live";

interface Props {
  live: LiveState;
  canvas: RefObject<HTMLCanvasElement | null>;
  /** Shown before the other actions. */
  children: ReactNode;
}

/** Buttons that keep pictures of a live translation: on the server, as a film, or in another program. */
export function LiveActions({ live: { sessionId, step }, canvas, children }: Props) {
  const [kept, setKept] = useState<string | null>(null);
  const { failure, attempt } = useAttempt();
  const [recording, setRecording] = useState(false);
  // Known only after the first render, because the page is exported without a browser.
  const [recordable, setRecordable] = useState(false);
  useEffect(() => setRecordable(canRecord()), []);
  const film = useRef<Recording | null>(null);
  const shown = sessionId !== null && step !== null;

  const keep = () =>
    attempt(async () => {
      if (!shown) return;
      setKept((await execute(KeepFrame, { sessionId, step })).keepFrame.url);
    });

  // Leaving the page during a recording saves the film.
  useEffect(
    () => () => {
      const left = film.current;
      film.current = null;
      if (left) saveFilm(left).catch((error: unknown) => console.error("The film could not be saved:", error));
    },
    [],
  );

  // So does stopping the translation: nothing new would be in the film.
  const running = sessionId !== null;
  useEffect(() => {
    const left = film.current;
    if (running || !left) return;
    film.current = null;
    setRecording(false);
    saveFilm(left).catch((error: unknown) => console.error("The film could not be saved:", error));
  }, [running]);

  const { fill, canFill } = useFullScreen(canvas);
  useShortcut("f", texts.fill, shown && canFill ? fill : null);

  const toggleRecording = () =>
    attempt(async () => {
      if (film.current) {
        const ended = film.current;
        film.current = null;
        setRecording(false);
        await saveFilm(ended);
      } else if (canvas.current) {
        film.current = record(canvas.current);
        setRecording(true);
      }
    });

  return (
    <div className={`${styles.actions} ${styles.bar}`}>
      {children}
      <button type="button" className="button" disabled={!shown} onClick={() => void keep()}>
        {texts.keep}
      </button>
      {canFill && (
        <button type="button" className="button" disabled={!shown} onClick={fill}>
          {texts.fill}
        </button>
      )}
      {recordable && (
        <button
          type="button"
          className="button"
          disabled={!shown && !recording}
          aria-pressed={recording}
          onClick={() => void toggleRecording()}
        >
          {recording ? texts.endRecording : texts.record}
        </button>
      )}
      {kept && (
        <a href={kept} target="_blank" rel="noreferrer">
          {texts.kept}
        </a>
      )}
      <FailureNotice error={failure} />
    </div>
  );
}

async function saveFilm(recording: Recording): Promise<void> {
  const { film, extension } = await recording.end();
  saveFile(film, `${texts.fileName}.${extension}`);
}
