import type { ReactNode, RefObject } from "react";
import { zoomTexts as texts } from "../../texts/zoom";
import type { Zooming } from "./use-zoom";
import styles from "./zoom-window.module.css";

interface Props {
  frame: RefObject<HTMLElement | null>;
  zoom: Zooming;
  /** Name for screen readers; that of a single picture if it is left out. */
  label?: string;
  className?: string | undefined;
  children: ReactNode;
}

/** The window in which a picture that fills it is zoomed and moved. */
export function ZoomWindow({ frame, zoom: { view, magnified, handlers }, label = texts.window, className = "", children }: Props) {
  return (
    <section
      ref={frame}
      className={`${styles.window} ${className}`}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move the picture while it is larger than its frame.
      tabIndex={0}
      data-zoomed={view.zoom > 1}
      {...handlers}
    >
      <div
        className={styles.picture}
        data-magnified={magnified}
        style={{ transform: `translate(${100 * view.x}%, ${100 * view.y}%) scale(${view.zoom})` }}
      >
        {children}
      </div>
    </section>
  );
}
