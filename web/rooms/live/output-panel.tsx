import { useEffect, useState } from "react";
import { seesWhileHidden } from "../../camera/camera";
import { useAccess } from "../../parts/access";
import { CopyButton } from "../../parts/copy-button";
import fold from "../../parts/fold.module.css";
import headings from "../../parts/headings.module.css";
import { liveTexts } from "../../texts/live";
import styles from "./live.module.css";
import { OutputAddresses } from "./output-addresses";
import { isOutputName } from "./use-output-name";

const texts = liveTexts.output;

interface Props {
  name: string;
  onRename(name: string): void;
  /** Whether the pictures come from a camera. */
  isCamera: boolean;
}

/** The lasting address of what is translated here, for OBS and other programs. */
export function OutputPanel({ name, onRename, isCamera }: Props) {
  const [typed, setTyped] = useState<string | null>(null);
  // Known only after the first render, because the page is exported without a browser.
  const [origin, setOrigin] = useState("");
  const [stopsHidden, setStopsHidden] = useState(false);
  useEffect(() => {
    setOrigin(location.origin);
    setStopsHidden(!seesWhileHidden());
  }, []);
  const access = useAccess();
  const path = `/live/out/${name}`;
  const refused = typed !== null && !isOutputName(typed);

  function settle() {
    if (typed !== null && !refused && typed !== name) onRename(typed);
    if (!refused) setTyped(null);
  }

  return (
    <section className={styles.output} aria-label={texts.title}>
      <h2 className={headings.part}>{texts.title}</h2>
      <p className={styles.address}>
        <a href={path} target="_blank" rel="noreferrer">
          {origin}
          {path}
        </a>
        <CopyButton text={origin + path} name={texts.copy} />
      </p>
      <label className={styles.name}>
        {texts.name}
        <input
          className={styles.field}
          value={typed ?? name}
          spellCheck={false}
          autoCapitalize="none"
          maxLength={48}
          aria-invalid={refused}
          onChange={(event) => setTyped(event.target.value.trim().toLowerCase())}
          onBlur={settle}
          onKeyDown={(event) => event.key === "Enter" && settle()}
        />
      </label>
      {refused && (
        <p className="note" role="alert">
          {texts.refused}
        </p>
      )}
      {isCamera && stopsHidden && <p className="note">{texts.keepInView}</p>}
      {access !== null && access.mode !== "NONE" && <p className="note">{texts.onlyYours}</p>}
      <details className={fold.fold}>
        <summary>{texts.obs}</summary>
        {access === null || access.mode === "NONE" ? (
          <>
            <Steps steps={texts.steps} />
            <p className={styles.address}>
              <span>{texts.mjpeg(`${origin}${path}.mjpeg`)}</span>
              <CopyButton text={`${origin}${path}.mjpeg`} name={texts.copyMjpeg} />
            </p>
          </>
        ) : access.requiresApproval && access.role !== "ADMIN" ? (
          <p className="note">{texts.addresses.onlyAdmins}</p>
        ) : (
          <div className={styles.programs}>
            <Steps steps={texts.addresses.steps} />
            <OutputAddresses key={name} output={name} />
          </div>
        )}
      </details>
    </section>
  );
}

function Steps({ steps }: { steps: readonly string[] }) {
  return (
    <ol className={styles.steps}>
      {steps.map((step) => (
        <li key={step}>{step}</li>
      ))}
    </ol>
  );
}
