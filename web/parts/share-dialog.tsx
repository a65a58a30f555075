import { Dialog } from "radix-ui";
import { useState } from "react";
import { shareTexts as texts } from "../texts/share";
import { CopyButton } from "./copy-button";
import dialog from "./dialog.module.css";
import { Modal } from "./modal";
import { QrCode } from "./qr-code";
import styles from "./share-dialog.module.css";

interface Props {
  /** Path and query of what is shared, on this server. */
  path: string;
  /** What the link opens, in a sentence. */
  about: string;
  /** Text of the button that opens the dialog. */
  button?: string;
  className?: string;
}

/** A dialog with a link to a page, to copy and as a QR code. */
export function ShareDialog({ path, about, button = texts.open, className = "button" }: Props) {
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
      <Link path={path} />
      <div className={dialog.actions}>
        <Dialog.Close className="button">{texts.close}</Dialog.Close>
      </div>
    </Modal>
  );
}

function Link({ path }: { path: string }) {
  const url = location.origin + path;
  return (
    <>
      <p className={styles.link}>
        <input className={styles.address} value={url} readOnly aria-label={texts.link} onFocus={(event) => event.target.select()} />
        <CopyButton text={url} name={texts.copy} />
      </p>
      <QrCode text={url} label={texts.code} className={styles.code} />
      {/^(localhost|127\.|\[::1\])/.test(location.hostname) && <p className="note">{texts.local}</p>}
    </>
  );
}
