import { LastingImage } from "../../../parts/lasting-image";
import { nearest, type Timeline } from "../../../session/timeline";
import { paintingTexts as texts } from "../../../texts/painting";
import styles from "./filmstrip.module.css";
import { stripSteps } from "./strip-steps";

interface Props {
  timeline: Timeline;
  /** Newest step. */
  last: number;
  /** The step on show. */
  at: number;
  onShow(step: number | null): void;
}

/** A few pictures of the history, each below its step on the track; a click shows one. */
export function Filmstrip({ timeline, last, at, onShow }: Props) {
  const wanted = stripSteps(last);
  const frames = wanted.flatMap((step) => nearest(timeline, step) ?? []);
  const shown = frames.filter((frame, place) => frames.findIndex(({ step }) => step === frame.step) === place);
  if (shown.length < 3) return <div className={styles.strip} aria-hidden="true" />;
  const current = shown.reduce((best, frame) => (Math.abs(frame.step - at) < Math.abs(best.step - at) ? frame : best));
  return (
    <section className={styles.strip} aria-label={texts.filmstrip.title}>
      {shown.map(({ step, url }, place) => (
        <button
          // The place is the key: pictures change in place, and nothing moves.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above.
          key={place}
          type="button"
          className={`bare cropped ${styles.frame}`}
          aria-label={texts.filmstrip.show(step)}
          aria-current={step === current.step ? "step" : undefined}
          style={{ "--share": step / Math.max(1, last) }}
          onClick={() => onShow(step >= last ? null : step)}
        >
          <LastingImage src={step === last ? url : `${url}?w=128`} loading="lazy" decoding="async" draggable={false} />
        </button>
      ))}
    </section>
  );
}
