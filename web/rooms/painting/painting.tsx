"use client";

import Link from "next/link";
import { useState } from "react";
import { execute } from "../../graphql/execute";
import { CancelPainting } from "../../graphql/operations";
import { Notice } from "../../parts/notice";
import { Caption } from "./caption";
import { LiveCanvas } from "./live-canvas";
import { LossCurve } from "./loss-curve";
import styles from "./painting.module.css";
import { isOver, type PaintingState } from "./painting-state";
import { Progress } from "./progress";
import { usePainting } from "./use-painting";

/** The room of one session: the picture on the wall, its label beside it. */
export function PaintingRoom({ id }: { id: string }) {
  const state = usePainting(id);
  const { session, frame, failure } = state;
  if (!session) {
    return (
      <main className={styles.empty}>
        {failure ? (
          <Notice>{failure}</Notice>
        ) : (
          <p aria-live="polite">{state.connected ? "Loading…" : "The server cannot be reached. Trying again…"}</p>
        )}
        <Link href="/">Back to the studio</Link>
      </main>
    );
  }
  const { content, settings } = session;
  return (
    <main className={styles.room}>
      <div className={styles.wall}>
        <LiveCanvas
          url={frame?.url ?? content.url}
          width={content.width}
          height={content.height}
          label={frame ? `The painting at step ${frame.step}` : "The photo that the painting begins with"}
        />
      </div>
      <aside className={styles.label}>
        <h1 className={styles.title}>{session.title ?? "Untitled"}</h1>
        <Progress state={state} />
        <LossCurve curve={state.curve} steps={settings.steps} weights={settings} />
        <Actions state={state} />
        {failure && <Notice>{failure}</Notice>}
        <Caption painting={session} />
      </aside>
    </main>
  );
}

function Actions({ state }: { state: PaintingState }) {
  const { session, frame } = state;
  const [cancelling, setCancelling] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  if (!session) return null;

  async function cancel(id: string) {
    setCancelling(true);
    setFailure(null);
    try {
      await execute(CancelPainting, { id });
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
          <a className={isOver(session.status) ? "button primary" : "button"} href={frame.url} download={fileName(session.title, frame)}>
            Download
          </a>
        )}
        {isOver(session.status) ? (
          <Link className="button" href="/">
            New painting
          </Link>
        ) : (
          <button type="button" className="button" disabled={cancelling} onClick={() => cancel(session.id)}>
            Cancel
          </button>
        )}
      </div>
      {failure && <Notice>{failure}</Notice>}
    </>
  );
}

function fileName(title: string | null, { step, mimeType }: { step: number; mimeType: string }): string {
  const name = (title ?? "painting").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  return `${name || "painting"}-${step}.${mimeType === "image/png" ? "png" : "jpg"}`;
}
