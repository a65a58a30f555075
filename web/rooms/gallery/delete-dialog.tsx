import { AlertDialog } from "radix-ui";
import { useState } from "react";
import dialog from "../../parts/dialog.module.css";
import { FailureNotice } from "../../parts/notice";
import button from "../../parts/text-button.module.css";
import { useAttempt } from "../../parts/use-attempt";
import { galleryTexts as texts } from "../../texts/gallery";

/** A dialog that asks before a session is deleted. */
export function DeleteDialog({ title, kind, onDelete }: { title: string; kind: string; onDelete(): Promise<void> }) {
  const [open, setOpen] = useState(false);
  const { failure, attempt, forget } = useAttempt();

  function turn(next: boolean) {
    forget();
    setOpen(next);
  }

  async function remove() {
    if (await attempt(() => onDelete())) setOpen(false);
  }

  return (
    <AlertDialog.Root open={open} onOpenChange={turn}>
      <AlertDialog.Trigger className={button.quiet} aria-label={texts.deleteNamed(title)}>
        {texts.delete}
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <div className={dialog.overlay} aria-hidden="true" />
        <AlertDialog.Content className={dialog.content}>
          <AlertDialog.Title className={dialog.title}>{texts.deleteThis(kind)}</AlertDialog.Title>
          <AlertDialog.Description>{texts.deletesAll(title)}</AlertDialog.Description>
          <FailureNotice error={failure} />
          <div className={dialog.actions}>
            <AlertDialog.Cancel className="button">{texts.keep}</AlertDialog.Cancel>
            <button type="button" className="button danger" onClick={remove}>
              {texts.delete}
            </button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
