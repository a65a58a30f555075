import { Dialog } from "radix-ui";
import { type Dispatch, useState } from "react";
import { execute } from "../graphql/execute";
import { AnnotateSession, type Session } from "../graphql/operations";
import { NoteDialog } from "../parts/note-dialog";
import { StarButton } from "../parts/star-button";
import button from "../parts/text-button.module.css";
import { sessionTexts } from "../texts/session";
import { noteTexts as texts } from "../texts/text-dialog";
import styles from "./annotations.module.css";
import type { SessionAction } from "./session-state";

interface Props {
  session: Session;
  dispatch: Dispatch<SessionAction>;
}

/** The star of a session. */
export function SessionStar({ session: { id, title, starred }, dispatch }: Props) {
  return (
    <StarButton title={title ?? sessionTexts.untitled} starred={starred} onStar={(next) => annotate({ id, starred: next }, dispatch)} />
  );
}

/** The button that writes the note about a session. */
export function NoteButton({ session: { id, title, note }, dispatch }: Props) {
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
      onWrite={(next) => annotate({ id, note: next }, dispatch)}
    />
  );
}

/** Sends a star or note, and shows the answer at once: the event that follows tells nothing new. */
async function annotate(variables: { id: string; starred?: boolean; note?: string }, dispatch: Dispatch<SessionAction>): Promise<void> {
  const { annotateSession } = await execute(AnnotateSession, variables);
  dispatch({ type: "annotated", starred: annotateSession.starred, note: annotateSession.note });
}

/** The note about a session; nothing where there is none. */
export function SessionNote({ session: { note } }: { session: Session }) {
  return note && <p className={styles.note}>{note}</p>;
}
