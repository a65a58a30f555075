"use client";

import { useEffect, useRef } from "react";
import floating from "../parts/floating.module.css";
import { Notice } from "../parts/notice";
import { undoRemovals, useRemovals } from "../session/removals";
import { removalTexts as texts } from "../texts/removal";
import styles from "./removal-note.module.css";

/** Says on every page what was deleted, and offers to undo it for a moment. */
export function RemovalNote() {
  const { pending, failure } = useRemovals();
  const undo = useRef<HTMLButtonElement>(null);
  const count = pending.length;
  useEffect(() => {
    // The button that was pressed has gone with its card.
    if (count > 0 && document.activeElement === document.body) undo.current?.focus({ preventScroll: true });
  }, [count]);
  if (count === 0 && !failure) return null;
  return (
    <section className={`${floating.panel} ${styles.note}`} aria-label={texts.title}>
      {count > 0 && (
        <>
          <p role="status">{texts.removed(count)}</p>
          <button ref={undo} type="button" className="button" onClick={undoRemovals}>
            {texts.undo}
          </button>
        </>
      )}
      {failure && <Notice>{texts.notRemoved(failure.count, failure.why)}</Notice>}
    </section>
  );
}
