import { liveTexts } from "../../texts/live";
import { unitTexts as units } from "../../texts/units";
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
        <dd>{rates ? units.milliseconds(rates.medianMs.toFixed(0)) : "–"}</dd>
      </div>
      <div title={texts.p95Help}>
        <dt>{texts.p95}</dt>
        <dd>{rates ? units.milliseconds(rates.p95Ms.toFixed(0)) : "–"}</dd>
      </div>
    </dl>
  );
}
