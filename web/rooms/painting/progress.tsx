import { formatDuration } from "./durations";
import styles from "./painting.module.css";
import { isOver, msPerStep, type PaintingState } from "./painting-state";

/** How far the painting is: step, time of a step, time to go, and what is wrong if something is. */
export function Progress({ state }: { state: PaintingState }) {
  const { session, frame } = state;
  if (!session) return null;
  const { steps } = session.settings;
  const step = frame?.step ?? 0;
  const pace = msPerStep(state);
  const running = session.status === "RUNNING";
  return (
    <section className={styles.progress} aria-label="Progress">
      <p className={styles.status} data-status={session.status} aria-live="polite">
        {statusText(state)}
      </p>
      <progress className={styles.bar} value={step} max={steps} aria-label={`Step ${step} of ${steps}`} />
      <dl className={styles.figures}>
        <div>
          <dt>Step</dt>
          <dd>
            <span data-testid="step">{step}</span> of {steps}
          </dd>
        </div>
        {(pace !== null || !isOver(session.status)) && (
          <div>
            <dt>Per step</dt>
            <dd>{pace === null ? "–" : formatDuration(pace)}</dd>
          </div>
        )}
        <div>
          <dt>{isOver(session.status) ? "Took" : "To go"}</dt>
          <dd>{isOver(session.status) ? took(session) : running && pace !== null ? formatDuration(pace * (steps - step)) : "–"}</dd>
        </div>
      </dl>
      {session.error && (
        <p className={styles.error} role="alert">
          {session.error.message} <code>{session.error.code}</code>
        </p>
      )}
    </section>
  );
}

function statusText({ session, connected }: PaintingState): string {
  if (!connected) return "Connection lost. Reconnecting…";
  switch (session?.status) {
    case "QUEUED":
      return (session.queuePosition ?? 1) > 1 ? `Waiting, number ${session.queuePosition} in line` : "Preparing";
    case "RUNNING":
      return session.device ? `Painting on ${session.device}` : "Painting";
    case "PAUSED":
      return "Paused";
    case "COMPLETED":
      return "Finished";
    case "CANCELLED":
      return "Cancelled";
    case "FAILED":
      return "Failed";
    default:
      return "";
  }
}

function took({ startedAt, finishedAt }: { startedAt: string | null; finishedAt: string | null }): string {
  return startedAt && finishedAt ? formatDuration(Date.parse(finishedAt) - Date.parse(startedAt)) : "–";
}
