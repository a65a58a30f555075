import { useEffect, useState } from "react";
import { CopyButton } from "../../../parts/copy-button";
import headings from "../../../parts/headings.module.css";
import { setUpTexts as texts } from "../../../texts/kiosk/set-up";
import styles from "./set-up.module.css";

/** The address of the kiosk that a query sets up, to copy and to open. */
export function Address({ query }: { query: string }) {
  // Known only after the first render, because the page is exported without a browser.
  const [origin, setOrigin] = useState("");
  useEffect(() => setOrigin(location.origin), []);
  const path = query === "" ? "/kiosk" : `/kiosk?${query}`;
  return (
    <section className={styles.address} aria-labelledby="kiosk-address">
      <header className={styles.line}>
        <h2 id="kiosk-address" className={headings.part}>
          {texts.address}
        </h2>
        <CopyButton text={origin + path} name={texts.copy} />
      </header>
      <p className={styles.url} data-testid="kiosk-address">
        {origin}
        {path}
      </p>
      <p className={styles.help}>{texts.addressHelp}</p>
      <a className="button primary" href={path} target="_blank" rel="noreferrer">
        {texts.open}
      </a>
    </section>
  );
}
