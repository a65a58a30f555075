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
  /** Link to the page that starts another session. */
  again: { href: string; text: string };
}

/**
 * The actions on a session: download its picture, pause, resume or cancel it, start another one. The page changes when
 * the server reports the new status, no matter which page caused it.
 */
export function SessionActions({ session, frame, fileName, again }: Props): ReactNode {
  const { busy, failure, attempt } = useAttempt();
  const { id, status, __typename } = session;
  const over = isOver(status);
  const button = (text: string, action: () => Promise<unknown>, primary = false) => (
    <button type="button" className={primary ? "button primary" : "button"} disabled={busy} onClick={() => void attempt(action)}>
      {text}
    </button>
  );
  return (
    <>
      <div className={styles.actions}>
        {status === "PAUSED" && button(texts.resume, () => execute(ResumeSession, { id }), true)}
        {(status === "RUNNING" || status === "QUEUED") &&
          __typename === "StyleTransferSession" &&
          button(texts.pause, () => execute(PauseSession, { id }))}
        {frame && (
          <a className={over ? "button primary" : "button"} href={frame.url} download={withEnding(fileName, frame)}>
            {texts.download}
          </a>
        )}
        {over ? (
          <Link className="button" href={again.href}>
            {again.text}
          </Link>
        ) : (
          button(texts.cancel, () => execute(CancelSession, { id }))
        )}
      </div>
      <FailureNotice error={failure} />
    </>
  );
}

function withEnding(name: string, { mimeType }: Frame): string {
  return `${name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "")}.${mimeType === "image/png" ? "png" : "jpg"}`;
}
