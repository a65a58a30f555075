import { Dialog } from "radix-ui";
import { useRef, useState } from "react";
import type { Waiting } from "../../graphql/queue-operations";
import { useMayAdminister } from "../../parts/access";
import dialog from "../../parts/dialog.module.css";
import { displayUrl } from "../../parts/display-url";
import { Modal } from "../../parts/modal";
import { FailureNotice } from "../../parts/notice";
import button from "../../parts/text-button.module.css";
import { useAttempt } from "../../parts/use-attempt";
import { queueTexts as texts } from "../../texts/queue";
import styles from "./queue-dialog.module.css";
import { type MoveTo, useQueue } from "./use-queue";

/** Sessions that the dialog lists. */
const LISTED = 50;

/**
 * A button with the number of sessions that wait, which opens their list in order, where admins move them; nothing while none
 * waits or `wanted` is false. A dialog that is open stays.
 */
export function QueueDialog({ wanted = true }: { wanted?: boolean }) {
  const [open, setOpen] = useState(false);
  const { waiting, move } = useQueue(wanted || open);
  const mayMove = useMayAdminister();
  const { failure, attempt } = useAttempt();
  const [moved, setMoved] = useState<Waiting | null>(null);
  const place = waiting.findIndex(({ id }) => id === moved?.id) + 1;

  /** Ends when the moves before are done: each press counts, in order. */
  const moves = useRef<Promise<void>>(Promise.resolve());

  if (!open && (!wanted || waiting.length === 0)) return null;

  function moveTo(session: Waiting, to: MoveTo) {
    moves.current = moves.current.then(async () => {
      if (await attempt(() => move(session.id, to))) setMoved(session);
    });
  }

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
            place={index + 1}
            earlier={waiting[index - 1] ?? null}
            later={waiting[index + 1] ?? null}
            onMove={mayMove ? (to) => moveTo(session, to) : null}
          />
        ))}
      </ol>
      {waiting.length > LISTED && <p className="note">{texts.more(waiting.length - LISTED)}</p>}
      <p className="hidden" role="status">
        {moved && place > 0 && texts.moved(moved.title ?? texts.untitled, place)}
      </p>
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
  /** Null where this browser may not change the order. */
  onMove: ((to: MoveTo) => void) | null;
}

function Row({ session, place, earlier, later, onMove }: RowProps) {
  const title = session.title ?? texts.untitled;
  const picture = session.__typename === "StyleTransferSession" ? session.content : session.source;
  // It keeps the focus when it can do nothing more, so that the next key finds its place.
  const arrow = (text: string, label: string, to: MoveTo | undefined) => (
    <button
      type="button"
      className={`bare ${styles.arrow}`}
      aria-label={label}
      aria-disabled={to === undefined}
      onClick={() => to !== undefined && onMove?.(to)}
    >
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
      {onMove && (
        <>
          {arrow("⤒", texts.first(title), earlier ? "first" : undefined)}
          {arrow("↑", texts.earlier(title), earlier?.id)}
          {arrow("↓", texts.later(title), later?.id)}
        </>
      )}
    </li>
  );
}
