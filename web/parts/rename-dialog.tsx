import { Dialog } from "radix-ui";
import { useState } from "react";
import { styleTransferLimits } from "../../server/records/settings";
import { galleryTexts as texts } from "../texts/gallery";
import dialog from "./dialog.module.css";
import { Modal } from "./modal";
import { FailureNotice } from "./notice";
import button from "./text-button.module.css";
import { useAttempt } from "./use-attempt";

/** A dialog that changes the title of a session. */
export function RenameDialog({ title, onRename }: { title: string; onRename(title: string): Promise<void> }) {
  const [open, setOpen] = useState(false);
  const { failure, attempt, forget } = useAttempt();

  function turn(next: boolean) {
    forget();
    setOpen(next);
  }

  async function rename(next: string) {
    if (await attempt(() => onRename(next))) setOpen(false);
  }

  return (
    <Modal
      trigger={
        <Dialog.Trigger className={button.quiet} aria-label={texts.renameNamed(title)}>
          {texts.rename}
        </Dialog.Trigger>
      }
      title={texts.rename}
      open={open}
      onOpenChange={turn}
    >
      <form
        className={dialog.form}
        onSubmit={(event) => {
          event.preventDefault();
          void rename(String(new FormData(event.currentTarget).get("title")).trim());
        }}
      >
        <input
          className={dialog.field}
          name="title"
          aria-label={texts.name}
          defaultValue={title}
          maxLength={styleTransferLimits.maxTitleLength}
          required
        />
        <FailureNotice error={failure} />
        <div className={dialog.actions}>
          <Dialog.Close className="button">{texts.cancel}</Dialog.Close>
          <button type="submit" className="button primary">
            {texts.rename}
          </button>
        </div>
      </form>
    </Modal>
  );
}
