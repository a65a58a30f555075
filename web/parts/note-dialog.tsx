import type { ReactNode, RefObject } from "react";
import { MAX_NOTE_LENGTH } from "../../server/records/settings";
import { noteTexts as texts } from "../texts/text-dialog";
import { TextDialog } from "./text-dialog";

interface Props {
  /** Title of the session. */
  title: string;
  note: string | null;
  open: boolean;
  onOpenChange(open: boolean): void;
  /** A `Dialog.Trigger` that opens it; left out where something else does. */
  trigger?: ReactNode;
  /** What has the focus afterwards, where no trigger opened it. */
  returnFocus?: RefObject<HTMLElement | null>;
  onWrite(note: string): Promise<void>;
}

/** A dialog for the note about a session. */
export function NoteDialog({ title, note, onWrite, ...dialog }: Props) {
  return (
    <TextDialog
      title={texts.noteFor(title)}
      label={texts.note}
      text={note ?? ""}
      maxLength={MAX_NOTE_LENGTH}
      long
      submit={texts.save}
      onSubmit={onWrite}
      {...dialog}
    />
  );
}
