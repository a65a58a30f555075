import { Dialog } from "radix-ui";
import { type ReactNode, type RefObject, useState } from "react";
import { textDialogTexts as texts } from "../texts/text-dialog";
import dialog from "./dialog.module.css";
import { Modal } from "./modal";
import { FailureNotice } from "./notice";
import { useAttempt } from "./use-attempt";

interface Props {
  title: string;
  /** Accessible name of the field. */
  label: string;
  text: string;
  /** Characters. */
  maxLength: number;
  /** A field of several lines, which may be empty. */
  long?: boolean;
  /** Text of the button that takes the new text. */
  submit: string;
  open: boolean;
  onOpenChange(open: boolean): void;
  /** Takes the new text; while it fails, the dialog stays and says why. */
  onSubmit(text: string): Promise<void>;
  /** A `Dialog.Trigger` that opens it; left out where something else does. */
  trigger?: ReactNode;
  /** What has the focus afterwards, where no trigger opened it. */
  returnFocus?: RefObject<HTMLElement | null> | undefined;
}

/** A dialog that asks for a text. */
export function TextDialog({
  title,
  label,
  text,
  maxLength,
  long = false,
  submit,
  open,
  onOpenChange,
  onSubmit,
  trigger = null,
  returnFocus,
}: Props) {
  const { failure, attempt, forget } = useAttempt();
  /** What was typed in a dialog that was left, so that a stray Escape costs nothing. */
  const [typed, setTyped] = useState<string | null>(null);
  const field = { className: dialog.field, name: "text", "aria-label": label, defaultValue: typed ?? text, maxLength };

  function turn(next: boolean) {
    forget();
    onOpenChange(next);
  }

  return (
    <Modal trigger={trigger} title={title} open={open} onOpenChange={turn} returnFocus={returnFocus}>
      <form
        className={dialog.form}
        onSubmit={async (event) => {
          event.preventDefault();
          const next = String(new FormData(event.currentTarget).get("text")).trim();
          if (!(await attempt(() => onSubmit(next)))) return;
          setTyped(null);
          onOpenChange(false);
        }}
      >
        {long ? <textarea {...field} rows={5} onChange={(event) => setTyped(event.target.value)} /> : <input {...field} required />}
        <FailureNotice error={failure} />
        <div className={dialog.actions}>
          <Dialog.Close className="button">{texts.cancel}</Dialog.Close>
          <button type="submit" className="button primary">
            {submit}
          </button>
        </div>
      </form>
    </Modal>
  );
}
