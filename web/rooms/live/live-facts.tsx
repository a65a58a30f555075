import { liveTexts } from "../../texts/live";
import styles from "./live.module.css";
import type { LiveState } from "./run-live";

const texts = liveTexts.facts;

/** The rate of pictures per second and their delay. */
export function LiveFacts({ live: { rates } }: { live: LiveState }) {
  return (
    <dl className={styles.facts} data-testid="live-facts">
      <div>
        <dt>{texts.rate}</dt>
        <dd>{rates ? rates.framesPerSecond.toFixed(1) : "–"}</dd>
      </div>
      <div title={texts.delayHelp}>
        <dt>{texts.delay}</dt>
        <dd>{rates ? `${rates.medianMs.toFixed(0)} ms` : "–"}</dd>
      </div>
      <div title={texts.p95Help}>
        <dt>{texts.p95}</dt>
        <dd>{rates ? `${rates.p95Ms.toFixed(0)} ms` : "–"}</dd>
      </div>
    </dl>
  );
}
