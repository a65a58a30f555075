import { Dialog } from "radix-ui";
import { type RefObject, useState } from "react";
import { styleTransferLimits } from "../../server/records/settings";
import { renameTexts as texts } from "../texts/text-dialog";
import button from "./text-button.module.css";
import { TextDialog } from "./text-dialog";

interface Props {
  title: string;
  onRename(title: string): Promise<void>;
  /** Whether it is open, where something else opens it; it has a button of its own otherwise. */
  opened?: { open: boolean; onOpenChange(open: boolean): void; returnFocus: RefObject<HTMLElement | null> };
}

/** A dialog that changes the title of a session. */
export function RenameDialog({ title, onRename, opened }: Props) {
  const [open, setOpen] = useState(false);
  const trigger = (
    <Dialog.Trigger className={button.quiet} aria-label={texts.renameNamed(title)}>
      {texts.rename}
    </Dialog.Trigger>
  );
  return (
    <TextDialog
      title={texts.rename}
      label={texts.name}
      text={title}
      maxLength={styleTransferLimits.maxTitleLength}
      submit={texts.rename}
      onSubmit={onRename}
      {...(opened ?? { open, onOpenChange: setOpen, trigger })}
    />
  );
}
