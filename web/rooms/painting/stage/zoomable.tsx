import { type ReactNode, useRef } from "react";
import { useShortcut } from "../../../shortcuts/use-shortcut";
import { paintingTexts as texts } from "../../../texts/painting";
import { useZoom } from "./use-zoom";
import type { Extent } from "./zoom";
import styles from "./zoomable.module.css";

interface Props {
  /** Size of the finished picture, px. */
  picture: Extent;
  /** Lets the picture fill the screen; null where that is impossible. */
  onFill: (() => void) | null;
  children: ReactNode;
}

/** A frame as large as the wall allows, in which the picture can be zoomed and moved. */
export function Zoomable({ picture, onFill, children }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const zoom = useZoom(frame, picture);
  const { view, percent, magnified, handlers } = zoom;
  useShortcut("+", texts.zoom.closer, zoom.zoomIn);
  useShortcut("-", texts.zoom.farther, zoom.zoomOut);
  useShortcut("0", texts.zoom.fit, zoom.fit);
  return (
    <div
      className={styles.frame}
      style={{ aspectRatio: `${picture.width} / ${picture.height}`, "--aspect": picture.width / picture.height }}
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move the picture while it is larger than its frame. */}
      <section ref={frame} className={styles.window} aria-label={texts.zoom.window} tabIndex={0} data-zoomed={view.zoom > 1} {...handlers}>
        <div
          className={styles.picture}
          data-magnified={magnified}
          style={{ transform: `translate(${view.x}px, ${view.y}px) scale(${view.zoom})` }}
        >
          {children}
        </div>
      </section>
      <div className={styles.tools} role="toolbar" aria-label={texts.zoom.tools}>
        <button type="button" aria-label={texts.zoom.farther} onClick={zoom.zoomOut}>
          −
        </button>
        <button type="button" onClick={zoom.fit} aria-pressed={view.zoom === 1}>
          {texts.zoom.fit}
        </button>
        <button type="button" onClick={zoom.actual} aria-pressed={percent === 100}>
          100%
        </button>
        <button type="button" aria-label={texts.zoom.closer} onClick={zoom.zoomIn}>
          +
        </button>
        {onFill && (
          <button type="button" onClick={onFill}>
            {texts.fill}
          </button>
        )}
        <span className={styles.hint}>{texts.zoom.hint}</span>
        <output className={styles.percent} aria-live="off">
          {percent}%
        </output>
      </div>
    </div>
  );
}
