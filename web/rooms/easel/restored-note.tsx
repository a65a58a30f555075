import { execute } from "../../graphql/execute";
import { ImportTrace } from "../../graphql/operations";
import { Notice } from "../../parts/notice";
import { useStart } from "../session/use-start";
import styles from "./restored-note.module.css";
import type { Restored } from "./use-restored";

/** Says that the settings of a picture were taken over, and what else may be done with it. */
export function RestoredNote({ restored: { trace, usePicture }, onDismiss }: { restored: Restored; onDismiss(): void }) {
  const { start, starting, failure } = useStart();
  return (
    <section className={styles.note} aria-label="Settings of a picture">
      <p role="status">The settings of {trace.title ? `“${trace.title}”` : "this picture"} are set.</p>
      <div className={styles.actions}>
        <button
          type="button"
          className={styles.action}
          disabled={starting}
          title="With its pictures and with all that was steered"
          onClick={() => void start(async () => (await execute(ImportTrace, { trace: trace.text })).importTrace)}
        >
          {starting ? "Starting…" : "Paint it again"}
        </button>
        <button type="button" className={styles.action} onClick={usePicture}>
          Use the picture itself
        </button>
        <button type="button" className={styles.action} onClick={onDismiss}>
          Close
        </button>
      </div>
      {failure && <Notice>{failure}</Notice>}
    </section>
  );
}
