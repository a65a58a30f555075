import { shareTexts as texts } from "../texts/share";
import { useAccess } from "./access";
import { CopyButton } from "./copy-button";
import { QrCode } from "./qr-code";
import styles from "./share-dialog.module.css";

/** A link on this server, to copy and as a QR code. `path` begins with /. */
export function ShareableLink({ path }: { path: string }) {
  const url = location.origin + path;
  const isInNetwork = (useAccess()?.mode ?? "NONE") !== "NONE";
  return (
    <>
      <p className={styles.link}>
        <input className={styles.address} value={url} readOnly aria-label={texts.link} onFocus={(event) => event.target.select()} />
        <CopyButton text={url} name={texts.copy} />
      </p>
      <QrCode text={url} label={texts.code} className={styles.code} />
      {/^(localhost|127\.|\[::1\])/.test(location.hostname) && <p className="note">{isInNetwork ? texts.localName : texts.local}</p>}
    </>
  );
}
