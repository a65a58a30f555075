import type { Painting } from "../../graphql/operations";
import { formatDuration } from "../../parts/durations";
import bar from "../../parts/progress-bar.module.css";
import { scalesOf, workFrom } from "../../session/growth";
import label from "../../session/session-label.module.css";
import { isOver, msPerStep, type SessionState } from "../../session/session-state";
import { SessionStatusLine, took } from "../../session/session-status";
import { paintingTexts as texts } from "../../texts/painting";
import { sessionTexts } from "../../texts/session";
import styles from "./painting.module.css";

/** The painting's status, step, time per step and time left, and its error if there is one. */
export function Progress({ state, session }: { state: SessionState; session: Painting }) {
  const { steps } = session.settings;
  const step = state.frame?.step ?? 0;
  const scales = scalesOf(session);
  const scale = scales.find(({ toStep }) => step <= toStep);
  const pace = msPerStep(state, scale?.fromStep);
  const left = pace === null || !scale ? null : pace * workFrom(scales, step + 1, scale.size);
  const running = session.status === "RUNNING";
  const over = isOver(session.status);
  return (
    <section className={styles.progress} aria-label={sessionTexts.progress}>
      <SessionStatusLine session={session} state={state} doing={texts.doing} />
      <progress className={bar.bar} value={step} max={steps} aria-label={texts.stepOf(step, steps)} />
      <dl className={label.figures}>
        <div>
          <dt>{texts.step}</dt>
          <dd>
            <span className={styles.number} style={{ minWidth: `${String(steps).length}ch` }} data-testid="step">
              {step}
            </span>{" "}
            {texts.of} {steps}
          </dd>
        </div>
        {(pace !== null || !over) && (
          <div>
            <dt>{texts.perStep}</dt>
            <dd>{pace === null ? "–" : formatDuration(pace)}</dd>
          </div>
        )}
        <div>
          <dt>{over ? sessionTexts.took : texts.toGo}</dt>
          <dd>{over ? took(session) : running && left !== null ? formatDuration(left) : "–"}</dd>
        </div>
      </dl>
    </section>
  );
}
