import Link from "next/link";
import type { ReactNode } from "react";
import { execute } from "../graphql/execute";
import { CancelSession, PauseSession, ResumeSession, type Session } from "../graphql/operations";
import { FailureNotice } from "../parts/notice";
import { useAttempt } from "../parts/use-attempt";
import { sessionTexts as texts } from "../texts/session";
import styles from "./session-label.module.css";

interface Props {
  session: Session;
  /** Buttons for what can be done with its picture. */
  children: ReactNode;
  /** Link to the page that starts another session; `onGo` is called before the page changes. */
  again: { href: string; text: string; onGo?(): void };
}

/**
 * The actions on a session: stop it and go on, do something with its picture, start another one. A painting that is stopped is
 * only paused, so that nothing is lost. The page changes when the server reports the new status, no matter which page
 * caused it.
 */
export function SessionActions({ session, children, again }: Props): ReactNode {
  const { busy, failure, attempt } = useAttempt();
  const { id, status, __typename } = session;
  const works = status === "RUNNING" || status === "QUEUED";
  const isPainting = __typename === "StyleTransferSession";
  const button = (text: string, action: () => Promise<unknown>, primary = false) => (
    <button type="button" className={primary ? "button primary" : "button"} disabled={busy} onClick={() => void attempt(action)}>
      {text}
    </button>
  );
  return (
    <>
      <div className={styles.actions}>
        {status === "PAUSED" && button(texts.goOn, () => execute(ResumeSession, { id }), true)}
        {works && isPainting && button(texts.stop, () => execute(PauseSession, { id }))}
        {works && !isPainting && button(texts.cancel, () => execute(CancelSession, { id }))}
        {children}
        {!works && (
          <Link className="button" href={again.href} onClick={again.onGo} onAuxClick={again.onGo}>
            {again.text}
          </Link>
        )}
      </div>
      <FailureNotice error={failure} />
    </>
  );
}
