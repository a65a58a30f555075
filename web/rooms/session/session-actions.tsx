import Link from "next/link";
import { type ReactNode, useState } from "react";
import { execute } from "../../graphql/execute";
import { CancelSession, type Frame, type Session } from "../../graphql/operations";
import { Notice } from "../../parts/notice";
import styles from "./session-label.module.css";
import { isOver } from "./session-state";

interface Props {
  session: Session;
  frame: Frame | null;
  /** The name of a file with this frame, without what says its format. */
  fileName: string;
  /** Where the next one begins. */
  again: { href: string; text: string };
}

/** What may be done with a session: its picture downloaded, it cancelled while it runs, the next one begun. */
export function SessionActions({ session, frame, fileName, again }: Props): ReactNode {
  const [cancelling, setCancelling] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const over = isOver(session.status);

  async function cancel() {
    setCancelling(true);
    setFailure(null);
    try {
      await execute(CancelSession, { id: session.id });
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    } finally {
      setCancelling(false);
    }
  }

  return (
    <>
      <div className={styles.actions}>
        {frame && (
          <a className={over ? "button primary" : "button"} href={frame.url} download={withEnding(fileName, frame)}>
            Download
          </a>
        )}
        {over ? (
          <Link className="button" href={again.href}>
            {again.text}
          </Link>
        ) : (
          <button type="button" className="button" disabled={cancelling} onClick={cancel}>
            Cancel
          </button>
        )}
      </div>
      {failure && <Notice>{failure}</Notice>}
    </>
  );
}

function withEnding(name: string, { mimeType }: Frame): string {
  return `${name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "")}.${mimeType === "image/png" ? "png" : "jpg"}`;
}
