import Link from "next/link";
import type { ReactNode } from "react";
import { execute } from "../graphql/execute";
import { CancelSession, PauseSession, ResumeSession, type Session } from "../graphql/operations";
import { FailureNotice } from "../parts/notice";
import { useAttempt } from "../parts/use-attempt";
import { sessionTexts as texts } from "../texts/session";
import styles from "./session-label.module.css";
import { isOver } from "./session-state";

interface Props {
  session: Session;
  /** The picture to download; its URL may be that of a file made from it. Null while there is none. */
  picture: { url: string; fileName: string } | null;
  /** Link to the page that starts another session; `onGo` is called before the page changes. */
  again: { href: string; text: string; onGo?(): void };
}

/**
 * The actions on a session: download its picture, stop it and go on, start another one. A painting that is stopped is
 * only paused, so that nothing is lost. The page changes when the server reports the new status, no matter which page
 * caused it.
 */
export function SessionActions({ session, picture, again }: Props): ReactNode {
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
        {picture && (
          <a className={over ? "button primary" : "button"} href={picture.url} download={picture.fileName}>
            {texts.download}
          </a>
        )}
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

/** A title as the name of a file. */
export function fileNameOf(title: string, ending: string): string {
  return `${title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "")}.${ending}`;
}
