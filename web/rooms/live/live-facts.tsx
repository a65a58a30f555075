import styles from "./live.module.css";
import type { Live } from "./use-live";

/** How many pictures a second, and how late they are. */
export function LiveFacts({ live: { rates } }: { live: Live }) {
  return (
    <dl className={styles.facts} data-testid="live-facts">
      <div>
        <dt>Pictures a second</dt>
        <dd>{rates ? rates.framesPerSecond.toFixed(1) : "–"}</dd>
      </div>
      <div title="From the moment a picture is taken on this page to its translation drawn; half of the pictures take no longer.">
        <dt>Delay</dt>
        <dd>{rates ? `${rates.medianMs.toFixed(0)} ms` : "–"}</dd>
      </div>
      <div title="95 of 100 pictures take no longer.">
        <dt>Delay, 95 %</dt>
        <dd>{rates ? `${rates.p95Ms.toFixed(0)} ms` : "–"}</dd>
      </div>
    </dl>
  );
}
