import { execute } from "../../graphql/execute";
import { ImportTrace } from "../../graphql/operations";
import { Notice } from "../../parts/notice";
import button from "../../parts/text-button.module.css";
import { useStart } from "../../session/use-start";
import { easelTexts } from "../../texts/easel";
import styles from "./restored-note.module.css";
import type { Restored } from "./use-restored";

const texts = easelTexts.restored;

/** A note that the settings of a picture are in use, with other actions on the picture. */
export function RestoredNote({ restored: { trace, usePicture }, onDismiss }: { restored: Restored; onDismiss(): void }) {
  const { start, starting, failure } = useStart();
  return (
    <section className={styles.note} aria-label={texts.title}>
      <p role="status">{texts.set(trace.title)}</p>
      <div className={styles.actions}>
        <button
          type="button"
          className={button.accent}
          disabled={starting}
          title={texts.againHelp}
          onClick={() => void start(async () => (await execute(ImportTrace, { trace: trace.text })).importTrace)}
        >
          {starting ? easelTexts.starting : texts.again}
        </button>
        <button type="button" className={button.accent} onClick={usePicture}>
          {texts.usePicture}
        </button>
        <button type="button" className={button.accent} onClick={onDismiss}>
          {texts.close}
        </button>
      </div>
      {failure && <Notice>{failure}</Notice>}
    </section>
  );
}
