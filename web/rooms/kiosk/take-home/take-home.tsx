import type { Dispatch } from "react";
import { QrCode } from "../../../parts/qr-code";
import { useAttempt } from "../../../parts/use-attempt";
import type { KioskTexts } from "../../../texts/kiosk/kiosk-texts";
import kiosk from "../kiosk.module.css";
import type { KioskEvent, KioskState } from "../machine";
import type { KioskOptions } from "../options";
import { takeHomeOrigin } from "./origin";
import styles from "./take-home.module.css";

interface Props {
  texts: KioskTexts;
  options: KioskOptions;
  state: Extract<KioskState, { phase: "showing" }>;
  /** Lets the painting live for a number of seconds. */
  lend(seconds: number): Promise<void>;
  dispatch: Dispatch<KioskEvent>;
}

/** Offers a visitor the finished painting; with their consent, a code for their phone. Nothing where no phone could open it. */
export function TakeHome({ texts, options, state, lend, dispatch }: Props) {
  const { busy, failure, attempt } = useAttempt();
  const origin = takeHomeOrigin(options);
  if (origin === null) return null;
  const { hours, keep, language } = options;
  const path = `/take?${new URLSearchParams({ id: state.sessionId, lang: language })}`;

  async function consent() {
    // The painting stays on show meanwhile.
    dispatch({ type: "took-home" });
    await attempt(() => lend(3600 * hours));
  }

  return (
    <section className={styles.panel} aria-live="polite">
      {state.takenHome && !busy && failure === null ? (
        <>
          <p className={styles.title}>{texts.scan}</p>
          <QrCode text={origin + path} label={texts.scan} className={styles.code} />
          {!keep && <p className={kiosk.small}>{texts.scanHint(hours)}</p>}
        </>
      ) : (
        <>
          <button type="button" className={styles.take} disabled={busy || state.takenHome} onClick={() => void consent()}>
            {texts.takeHome}
          </button>
          <p className={kiosk.small}>{failure === null ? (keep ? texts.takeHomeHintKept : texts.takeHomeHint) : texts.scanFailed}</p>
        </>
      )}
    </section>
  );
}
