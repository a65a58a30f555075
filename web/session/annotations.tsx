import { Dialog } from "radix-ui";
import { useState } from "react";
import { execute } from "../graphql/execute";
import { AnnotateSession, type Session } from "../graphql/operations";
import { NoteDialog } from "../parts/note-dialog";
import { StarButton } from "../parts/star-button";
import button from "../parts/text-button.module.css";
import { sessionTexts } from "../texts/session";
import { noteTexts as texts } from "../texts/text-dialog";
import styles from "./annotations.module.css";

/** The star of a session. The page changes with the event that follows. */
export function SessionStar({ session: { id, title, starred } }: { session: Session }) {
  return (
    <StarButton
      title={title ?? sessionTexts.untitled}
      starred={starred}
      onStar={async (next) => {
        await execute(AnnotateSession, { id, starred: next });
      }}
    />
  );
}

/** The note about a session, with a button to write it. */
export function SessionNote({ session: { id, title, note } }: { session: Session }) {
  const [open, setOpen] = useState(false);
  return (
    <div className={styles.note}>
      {note && <p className={styles.text}>{note}</p>}
      <NoteDialog
        title={title ?? sessionTexts.untitled}
        note={note}
        open={open}
        onOpenChange={setOpen}
        trigger={<Dialog.Trigger className={button.quiet}>{note ? texts.change : texts.add}</Dialog.Trigger>}
        onWrite={async (next) => {
          await execute(AnnotateSession, { id, note: next });
        }}
      />
    </div>
  );
}
