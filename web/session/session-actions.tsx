import Link from "next/link";
import type { ReactNode } from "react";
import { execute } from "../graphql/execute";
import { CancelSession, type Frame, PauseSession, ResumeSession, type Session } from "../graphql/operations";
import { FailureNotice } from "../parts/notice";
import { useAttempt } from "../parts/use-attempt";
import { sessionTexts as texts } from "../texts/session";
import styles from "./session-label.module.css";
import { isOver } from "./session-state";

interface Props {
  session: Session;
  frame: Frame | null;
  /** File name for this frame, without extension. */
  fileName: string;
  /** Link to the page that starts another session; `onGo` is called before the page changes. */
  again: { href: string; text: string; onGo?(): void };
}

/**
 * The actions on a session: download its picture, stop it and go on, start another one. A painting that is stopped is
 * only paused, so that nothing is lost. The page changes when the server reports the new status, no matter which page
 * caused it.
 */
export function SessionActions({ session, frame, fileName, again }: Props): ReactNode {
  const { busy, failure, attempt } = useAttempt();
  const { id, status, __typename } = session;
  const over = isOver(status);
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
        {frame && (
          <a className={over ? "button primary" : "button"} href={frame.url} download={withEnding(fileName, frame)}>
            {texts.download}
          </a>
        )}
        {!works && (
          <Link className="button" href={again.href} onClick={again.onGo}>
            {again.text}
          </Link>
        )}
      </div>
      <FailureNotice error={failure} />
    </>
  );
}

function withEnding(name: string, { mimeType }: Frame): string {
  return `${name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "")}.${mimeType === "image/png" ? "png" : "jpg"}`;
}
