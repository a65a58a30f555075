import { useState } from "react";
import styles from "./comparison.module.css";

interface Props {
  before: string;
  after: string;
  /** Of the picture after. */
  width: number;
  height: number;
  /** What the two are called, where they are not a picture and its translation. */
  names?: { before: string; after: string } | null;
}

/** Two states of one picture in one frame; a divider between them moves by mouse, touch and arrow keys. */
export function Comparison({ before, after, width, height, names = null }: Props) {
  const { before: nameBefore, after: nameAfter } = names ?? { before: "Before", after: "After" };
  const [percent, setPercent] = useState(50);
  return (
    <div
      className={styles.frame}
      style={{ aspectRatio: `${width} / ${height}`, "--aspect": width / height, "--divider": `${percent}%` }}
      data-testid="comparison"
    >
      {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser, and these paths are immutable. */}
      <img src={before} alt={names?.before ?? "Before the translation"} draggable={false} />
      {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser, and these paths are immutable. */}
      <img className={styles.after} src={after} alt={names?.after ?? "After the translation"} draggable={false} />
      <span className={styles.caption} hidden={percent < 12} aria-hidden="true">
        {nameBefore}
      </span>
      <span className={styles.caption} data-side="after" hidden={percent > 88} aria-hidden="true">
        {nameAfter}
      </span>
      <span className={styles.divider} aria-hidden="true" />
      <input
        className={styles.range}
        type="range"
        min={0}
        max={100}
        value={percent}
        aria-label={`Divider between ${nameBefore.toLowerCase()} and ${nameAfter.toLowerCase()}`}
        aria-valuetext={`${percent} % ${nameBefore.toLowerCase()}`}
        onChange={(event) => setPercent(Number(event.target.value))}
      />
    </div>
  );
}
