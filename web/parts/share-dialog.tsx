import { Dialog } from "radix-ui";
import { useEffect, useState } from "react";
import { shareTexts as texts } from "../texts/share";
import { CopyButton } from "./copy-button";
import dialog from "./dialog.module.css";
import { Modal } from "./modal";
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
  const code = useQrCode(url);
  return (
    <>
      <p className={styles.link}>
        <input className={styles.address} value={url} readOnly aria-label={texts.link} onFocus={(event) => event.target.select()} />
        <CopyButton text={url} name={texts.copy} />
      </p>
      {code && (
        <svg className={styles.code} viewBox={`-2 -2 ${code.size + 4} ${code.size + 4}`} role="img" aria-label={texts.code}>
          <path d={code.path} />
        </svg>
      )}
      {/^(localhost|127\.|\[::1\])/.test(location.hostname) && <p className="note">{texts.local}</p>}
    </>
  );
}

/** A QR code as a path of unit squares; null until its encoder is loaded, or for an address that is too long for one. */
function useQrCode(text: string): { size: number; path: string } | null {
  const [code, setCode] = useState<{ size: number; path: string } | null>(null);
  useEffect(() => {
    let left = false;
    import("uqr")
      .then(({ encode }) => {
        if (left) return;
        const { data, size } = encode(text, { border: 0 });
        setCode({ size, path: data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("") });
      })
      .catch((error: unknown) => console.debug("There is no QR code for this address:", error));
    return () => {
      left = true;
    };
  }, [text]);
  return code;
}
