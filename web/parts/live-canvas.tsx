import { useEffect, useRef } from "react";
import { LatestPicture } from "./latest-picture";
import styles from "./live-canvas.module.css";

interface Props {
  /** Picture to show now; null to leave what is shown. */
  url: string | null;
  label: string;
  /** Told of a picture that is there no more. */
  onMissing(url: string): void;
}

/** The painting, drawn over and over in one place, which it fills: frames of coarse scales are smaller. */
export function LiveCanvas({ url, label, onMissing }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const picture = useRef<LatestPicture>(null);
  const missing = useRef(onMissing);
  useEffect(() => {
    missing.current = onMissing;
  });

  useEffect(() => {
    if (!canvas.current) return;
    const element = canvas.current;
    const latest = new LatestPicture(
      element,
      (shown) => {
        element.dataset.shown = shown;
      },
      (gone) => missing.current(gone),
    );
    picture.current = latest;
    return () => latest.close();
  }, []);

  useEffect(() => {
    if (url !== null) picture.current?.offer(url);
  }, [url]);

  return <canvas ref={canvas} className={styles.canvas} role="img" aria-label={label} />;
}
