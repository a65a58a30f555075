import { Dialog } from "radix-ui";
import { type ReactNode, useState } from "react";
import { shareTexts as texts } from "../texts/share";
import dialog from "./dialog.module.css";
import { Modal } from "./modal";
import { ShareableLink } from "./shareable-link";

interface Props {
  /** Path and query of what is shared, on this server. */
  path: string;
  /** What the link opens, in a sentence. */
  about: string;
  /** Text of the button that opens the dialog. */
  button?: string;
  className?: string;
  /** What the dialog has in place of the link to the path. */
  children?: ReactNode;
}

/** A dialog with a link to a page, to copy and as a QR code. */
export function ShareDialog({ path, about, button = texts.open, className = "button", children }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <Modal
      trigger={<Dialog.Trigger className={className}>{button}</Dialog.Trigger>}
      title={texts.title}
      about={about}
      high
      open={open}
      onOpenChange={setOpen}
    >
      {children ?? <ShareableLink path={path} />}
      <div className={dialog.actions}>
        <Dialog.Close className="button">{texts.close}</Dialog.Close>
      </div>
    </Modal>
  );
}
