import { Dialog } from "radix-ui";
import { useState } from "react";
import type { Waiting } from "../../graphql/operations";
import dialog from "../../parts/dialog.module.css";
import { displayUrl } from "../../parts/display-url";
import { Modal } from "../../parts/modal";
import { FailureNotice } from "../../parts/notice";
import button from "../../parts/text-button.module.css";
import { useAttempt } from "../../parts/use-attempt";
import { queueTexts as texts } from "../../texts/queue";
import styles from "./queue-dialog.module.css";
import { useQueue } from "./use-queue";

/** Sessions that the dialog lists. */
const LISTED = 50;

/** A button with the number of sessions that wait, which opens their list in order; nothing while none waits. */
export function QueueDialog() {
  const { waiting, move } = useQueue();
  const [open, setOpen] = useState(false);
  const { busy, failure, attempt } = useAttempt();
  if (waiting.length === 0 && !open) return null;
  const moveTo = (id: string, position: number) => void attempt(() => move(id, position));
  return (
    <Modal
      trigger={<Dialog.Trigger className={`${button.accent} ${styles.open}`}>{texts.open(waiting.length)}</Dialog.Trigger>}
      title={texts.title}
      about={texts.about}
      high
      open={open}
      onOpenChange={setOpen}
    >
      <ol className={styles.list}>
        {waiting.slice(0, LISTED).map((session, index) => (
          <Row
            key={session.id}
            session={session}
            busy={busy}
            place={index + 1}
            earlier={waiting[index - 1] ?? null}
            later={waiting[index + 1] ?? null}
            // Sessions that are not listed may wait too, so their own places count.
            onMove={(before) => moveTo(session.id, before.queuePosition ?? 1)}
            onFirst={() => moveTo(session.id, 1)}
          />
        ))}
      </ol>
      {waiting.length > LISTED && <p className="note">{texts.more(waiting.length - LISTED)}</p>}
      <FailureNotice error={failure} />
      <div className={dialog.actions}>
        <Dialog.Close className="button">{texts.close}</Dialog.Close>
      </div>
    </Modal>
  );
}

interface RowProps {
  session: Waiting;
  place: number;
  /** Its neighbours in the list; null at the ends. */
  earlier: Waiting | null;
  later: Waiting | null;
  busy: boolean;
  /** Takes the place of another session. */
  onMove(to: Waiting): void;
  onFirst(): void;
}

function Row({ session, place, earlier, later, busy, onMove, onFirst }: RowProps) {
  const title = session.title ?? texts.untitled;
  const picture = session.__typename === "StyleTransferSession" ? session.content : session.source;
  const arrow = (text: string, label: string, to: Waiting | null, go = onMove) => (
    <button type="button" className={`bare ${styles.arrow}`} aria-label={label} disabled={busy || !to} onClick={() => to && go(to)}>
      {text}
    </button>
  );
  return (
    <li className={styles.row}>
      <span className={styles.position}>{place}</span>
      <span className={`cropped ${styles.picture}`}>
        {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser, and these paths are immutable. */}
        {picture && <img src={displayUrl(picture.url, 64)} alt="" />}
      </span>
      <span className={styles.title}>{title}</span>
      {arrow("⤒", texts.first(title), earlier, onFirst)}
      {arrow("↑", texts.earlier(title), earlier)}
      {arrow("↓", texts.later(title), later)}
    </li>
  );
}
