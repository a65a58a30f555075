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

/** The button that writes the note about a session. */
export function NoteButton({ session: { id, title, note } }: { session: Session }) {
  const [open, setOpen] = useState(false);
  return (
    <NoteDialog
      title={title ?? sessionTexts.untitled}
      note={note}
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Dialog.Trigger className={button.quiet} aria-label={note ? texts.change : texts.add}>
          {texts.note}
        </Dialog.Trigger>
      }
      onWrite={async (next) => {
        await execute(AnnotateSession, { id, note: next });
      }}
    />
  );
}

/** The note about a session; nothing where there is none. */
export function SessionNote({ session: { note } }: { session: Session }) {
  return note && <p className={styles.note}>{note}</p>;
}
