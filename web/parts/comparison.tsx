import { type ReactNode, useState } from "react";
import { pictureTexts as texts } from "../texts/pictures";
import styles from "./comparison.module.css";

interface Props {
  /** URL of the picture on the left. */
  before: string;
  /** The picture on the right: an image or a canvas that fills its frame. */
  children: ReactNode;
  /** Size of the picture on the right, or its proportions. */
  width: number;
  height: number;
  names: { before: string; after: string };
}

/** Two pictures in one frame with a divider that moves by mouse, touch and arrow keys. */
export function Comparison({ before, children, width, height, names }: Props) {
  const [percent, setPercent] = useState(50);
  return (
    <div
      className={styles.frame}
      style={{ aspectRatio: `${width} / ${height}`, "--aspect": width / height, "--divider": `${percent}%` }}
      data-testid="comparison"
    >
      {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser, and these paths are immutable. */}
      <img src={before} alt={names.before} draggable={false} />
      <div className={styles.after}>{children}</div>
      <span className={styles.caption} hidden={percent < 12} aria-hidden="true">
        {names.before}
      </span>
      <span className={styles.caption} data-side="after" hidden={percent > 88} aria-hidden="true">
        {names.after}
      </span>
      <span className={styles.divider} aria-hidden="true" />
      <input
        className={styles.range}
        type="range"
        min={0}
        max={100}
        value={percent}
        aria-label={texts.divider(names.before, names.after)}
        aria-valuetext={texts.dividerAt(percent, names.before)}
        onChange={(event) => setPercent(Number(event.target.value))}
      />
    </div>
  );
}
