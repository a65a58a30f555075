import { zoomTexts as texts } from "../texts/zoom";
import type { CommonView } from "./use-common-view";
import styles from "./zoom-tools.module.css";

/** Buttons that zoom all pictures at once. */
export function ZoomTools({ common: { zoom, closer, farther, fit } }: { common: CommonView }) {
  return (
    <div className={styles.tools} role="toolbar" aria-label={texts.tools}>
      <button type="button" className="button" aria-label={texts.farther} onClick={farther}>
        −
      </button>
      <button type="button" className="button" onClick={fit} aria-pressed={zoom === 1}>
        {texts.fit}
      </button>
      <button type="button" className="button" aria-label={texts.closer} onClick={closer}>
        +
      </button>
    </div>
  );
}
