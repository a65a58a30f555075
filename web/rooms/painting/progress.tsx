import type { Painting } from "../../graphql/operations";
import { formatDuration } from "../../parts/durations";
import bar from "../../parts/progress-bar.module.css";
import label from "../session/session-label.module.css";
import { isOver, msPerStep, type SessionState } from "../session/session-state";
import { SessionStatusLine, took } from "../session/session-status";
import styles from "./painting.module.css";

/** How far the painting is: step, time of a step, time to go, and what is wrong if something is. */
export function Progress({ state, session }: { state: SessionState; session: Painting }) {
  const { steps } = session.settings;
  const step = state.frame?.step ?? 0;
  const pace = msPerStep(state);
  const running = session.status === "RUNNING";
  const over = isOver(session.status);
  return (
    <section className={styles.progress} aria-label="Progress">
      <SessionStatusLine session={session} connected={state.connected} doing="Painting" />
      <progress className={bar.bar} value={step} max={steps} aria-label={`Step ${step} of ${steps}`} />
      <dl className={label.figures}>
        <div>
          <dt>Step</dt>
          <dd>
            <span data-testid="step">{step}</span> of {steps}
          </dd>
        </div>
        {(pace !== null || !over) && (
          <div>
            <dt>Per step</dt>
            <dd>{pace === null ? "–" : formatDuration(pace)}</dd>
          </div>
        )}
        <div>
          <dt>{over ? "Took" : "To go"}</dt>
          <dd>{over ? took(session) : running && pace !== null ? formatDuration(pace * (steps - step)) : "–"}</dd>
        </div>
      </dl>
    </section>
  );
}
