import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import type { PictureSource } from "../../camera/source";
import { liveTexts as texts } from "../../texts/live";
import styles from "./live-stage.module.css";

export type StageView = "beside" | "split";

interface Props {
  view: StageView;
  /** Null while nothing is translated. */
  source: PictureSource | null;
  /** A drawing pad, shown instead of the source's picture. */
  pad: ReactNode;
  /** Whether the source is shown mirrored, as its translation is. */
  mirrored: boolean;
  result: RefObject<HTMLCanvasElement | null>;
  /** Text over the result while there is none. */
  hint: string;
}

/** The original and its translation, side by side or in one frame with a divider. */
export function LiveStage({ view, source, pad, mirrored, result, hint }: Props) {
  const [percent, setPercent] = useState(50);
  const split = view === "split" && !pad;
  const size = useSize(source);
  const aspect = size ? `${size.width} / ${size.height}` : "4 / 3";
  return (
    <div
      className={styles.stage}
      data-view={split ? "split" : "beside"}
      data-mirrored={mirrored && !pad}
      style={{ "--divider": `${percent}%` }}
    >
      <figure className={styles.pane}>
        {pad || <SourceView source={source} aspect={aspect} />}
        <figcaption className={styles.caption}>{texts.original}</figcaption>
      </figure>
      <figure className={styles.pane} data-side="result">
        <canvas
          ref={result}
          className={styles.picture}
          style={{ aspectRatio: pad ? "1" : aspect }}
          width={4}
          height={3}
          role="img"
          aria-label={texts.translation}
          data-testid="live-result"
        />
        {hint && <p className={styles.hint}>{hint}</p>}
        <figcaption className={styles.caption}>{texts.translation}</figcaption>
      </figure>
      {split && (
        <>
          <span className={styles.divider} aria-hidden="true" />
          <input
            className={styles.range}
            type="range"
            min={0}
            max={100}
            value={percent}
            aria-label={texts.divider}
            onChange={(event) => setPercent(Number(event.target.value))}
          />
        </>
      )}
    </div>
  );
}

/** The size of a source's pictures, px, as it changes. */
function useSize(source: PictureSource | null): { width: number; height: number } | null {
  const [, setCount] = useState(0);
  useEffect(() => source?.onResize(() => setCount((count) => count + 1)), [source]);
  return source;
}

/** The element that a source paints on. */
function SourceView({ source, aspect }: { source: PictureSource | null; aspect: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = source?.element;
    if (!element) return;
    place.current?.append(element);
    return () => element.remove();
  }, [source]);
  return <div ref={place} className={styles.picture} style={{ aspectRatio: aspect }} data-testid="live-source" />;
}
