import { type ReactNode, useRef, useState } from "react";
import { useZoom } from "../../../parts/zoom/use-zoom";
import { type Extent, fitted } from "../../../parts/zoom/zoom";
import { ZoomWindow } from "../../../parts/zoom/zoom-window";
import { useShortcut } from "../../../shortcuts/use-shortcut";
import { paintingTexts } from "../../../texts/painting";
import { zoomTexts as texts } from "../../../texts/zoom";
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
  const zoom = useZoom(frame, picture, useState(fitted));
  const { view, percent } = zoom;
  useShortcut("+", texts.closer, zoom.zoomIn);
  useShortcut("-", texts.farther, zoom.zoomOut);
  useShortcut("0", texts.fit, zoom.fit);
  return (
    <div
      className={styles.frame}
      style={{ aspectRatio: `${picture.width} / ${picture.height}`, "--aspect": picture.width / picture.height }}
    >
      <ZoomWindow frame={frame} zoom={zoom} className={styles.window}>
        {children}
      </ZoomWindow>
      <div className={styles.tools} role="toolbar" aria-label={texts.tools}>
        <button type="button" aria-label={texts.farther} onClick={zoom.zoomOut}>
          −
        </button>
        <button type="button" onClick={zoom.fit} aria-pressed={view.zoom === 1}>
          {texts.fit}
        </button>
        <button type="button" onClick={zoom.actual} aria-pressed={percent === 100}>
          100%
        </button>
        <button type="button" aria-label={texts.closer} onClick={zoom.zoomIn}>
          +
        </button>
        {onFill && (
          <button type="button" onClick={onFill}>
            {paintingTexts.fill}
          </button>
        )}
        <span className={styles.hint}>{texts.hint}</span>
        <output className={styles.percent} aria-live="off">
          {percent}%
        </output>
      </div>
    </div>
  );
}
