import { useEffect, useRef } from "react";
import { LatestPicture } from "./latest-picture";
import styles from "./live-canvas.module.css";

interface Props {
  /** URL of the picture to show; null keeps the current one. */
  url: string | null;
  label: string;
  /** Whether the pictures' session is over and about to be deleted: none is asked for any more, and the one on show stays. */
  ended?: boolean;
  /** Receives the URL of a picture that no longer exists. */
  onMissing(url: string): void;
}

/** A canvas that fills its place and shows the newest frame; frames of coarse scales have fewer pixels. */
export function LiveCanvas({ url, label, ended = false, onMissing }: Props) {
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
    if (ended) picture.current?.drop();
    else if (url !== null) picture.current?.offer(url);
  }, [url, ended]);

  return <canvas ref={canvas} className={styles.canvas} role="img" aria-label={label} />;
}
