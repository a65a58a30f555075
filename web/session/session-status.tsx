import type { Session } from "../graphql/operations";
import { formatDuration } from "../parts/durations";
import { statusNames, sessionTexts as texts } from "../texts/session";
import { QueueDialog } from "./queue/queue-dialog";
import styles from "./session-label.module.css";
import type { SessionState } from "./session-state";

interface Props {
  session: Session;
  state: Pick<SessionState, "connected" | "obstacle">;
  /** Activity of a running session, such as "Painting". */
  doing: string;
  /** Text for a queued session that waits for more than its turn. */
  waitingFor?: string | null;
}

/** The status of a session in words, with its error if there is one. */
export function SessionStatusLine({ session, state, doing, waitingFor = null }: Props) {
  const { status, error } = session;
  const { connected, obstacle } = state;
  return (
    <>
      <p className={styles.status} data-status={status} aria-live="polite">
        {connected ? (obstacle ?? statusText(session, doing, waitingFor)) : texts.lost}
      </p>
      <QueueDialog wanted={status === "QUEUED"} />
      {error && (
        <p className={styles.error} role="alert">
          {error.message} <code>{error.code}</code>
        </p>
      )}
    </>
  );
}

function statusText({ status, queuePosition, waitingReason }: Session, doing: string, waitingFor: string | null): string {
  switch (status) {
    case "QUEUED":
      if (waitingFor) return waitingFor;
      if (waitingReason) return waitingReason;
      return queuePosition !== null && queuePosition > 1 ? texts.inLine(queuePosition) : texts.preparing;
    case "RUNNING":
      // One that has outgrown every worker waits although it has begun.
      return waitingReason ?? texts.doing(doing);
    default:
      return statusNames[status];
  }
}

/** The time from start to end in words, or a dash. */
export function took({ startedAt, finishedAt }: Pick<Session, "startedAt" | "finishedAt">): string {
  return startedAt && finishedAt ? formatDuration(Date.parse(finishedAt) - Date.parse(startedAt)) : "–";
}
