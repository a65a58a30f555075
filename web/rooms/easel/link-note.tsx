import textButton from "../../parts/text-button.module.css";
import type { Draft } from "../../session/draft";
import { easelTexts } from "../../texts/easel";
import styles from "./restored-note.module.css";

const texts = easelTexts.link;

interface Props {
  /** The draft before the link was opened; null for none. */
  before: Draft | null | "unreadable";
  onUndo(draft: Draft): void;
  onDismiss(): void;
}

/** Says that a link brought the pictures and settings, and gives the earlier ones back. */
export function LinkNote({ before, onUndo, onDismiss }: Props) {
  const earlier = before === "unreadable" ? null : before;
  return (
    <section className={styles.note} aria-live="polite">
      <p>{before === "unreadable" ? texts.unreadable : texts.used}</p>
      <div className={styles.actions}>
        {earlier && (
          <button
            type="button"
            className={textButton.accent}
            onClick={() => {
              onUndo(earlier);
              onDismiss();
            }}
          >
            {texts.undo}
          </button>
        )}
        <button type="button" className={textButton.quiet} onClick={onDismiss}>
          {texts.close}
        </button>
      </div>
    </section>
  );
}
