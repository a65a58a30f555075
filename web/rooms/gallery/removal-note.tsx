import { Notice } from "../../parts/notice";
import { galleryTexts as texts } from "../../texts/gallery";
import styles from "./gallery.module.css";
import type { Removal } from "./use-removal";

/** Says what was deleted, and offers to undo it for a moment. */
export function RemovalNote({ removal: { pending, failure, undo } }: { removal: Removal }) {
  return (
    <>
      {pending.length > 0 && (
        <p className={styles.undo} role="status">
          {texts.removed(pending.length)}
          <button type="button" className="button" onClick={undo}>
            {texts.undo}
          </button>
        </p>
      )}
      {failure && <Notice>{texts.notRemoved(failure.count, failure.why)}</Notice>}
    </>
  );
}
