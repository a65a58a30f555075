import Link from "next/link";
import type { MouseEvent, ReactNode } from "react";
import { execute } from "../graphql/execute";
import { CancelSession, PauseSession, ResumeSession, type Session } from "../graphql/operations";
import { useMayMake } from "../parts/access";
import { FailureNotice } from "../parts/notice";
import { useAttempt } from "../parts/use-attempt";
import { sessionTexts as texts } from "../texts/session";
import styles from "./session-label.module.css";

interface Props {
  session: Session;
  /** Buttons for what can be done with its picture. */
  children: ReactNode;
  /** Link to the page that starts another session; `go` goes there in this tab, where more can be kept than a link holds. */
  again: { href: string; text: string; go?(): void };
}

/** Goes in this tab, unless the click asks for another tab or window. */
function goHere(event: MouseEvent, go: (() => void) | undefined): void {
  if (!go || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go();
}

/**
 * The actions on a session: stop it and go on, do something with its picture, start another one. A painting that is stopped is
 * only paused, so that nothing is lost. The page changes when the server reports the new status, no matter which page
 * caused it.
 */
export function SessionActions({ session, children, again }: Props): ReactNode {
  const { busy, failure, attempt } = useAttempt();
  const { id, status, __typename, mayChange } = session;
  const mayMake = useMayMake();
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
        {mayChange && status === "PAUSED" && button(texts.goOn, () => execute(ResumeSession, { id }), true)}
        {mayChange && works && isPainting && button(texts.stop, () => execute(PauseSession, { id }))}
        {mayChange && works && !isPainting && button(texts.cancel, () => execute(CancelSession, { id }))}
        {children}
        {mayMake && !works && (
          <Link className="button" href={again.href} onClick={(event) => goHere(event, again.go)}>
            {again.text}
          </Link>
        )}
      </div>
      <FailureNotice error={failure} />
    </>
  );
}
