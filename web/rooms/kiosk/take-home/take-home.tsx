import { type Dispatch, useState } from "react";
import { ShareSession } from "../../../graphql/access-operations";
import { execute } from "../../../graphql/execute";
import { useAccess } from "../../../parts/access";
import { QrCode } from "../../../parts/qr-code";
import { useAttempt } from "../../../parts/use-attempt";
import type { KioskTexts } from "../../../texts/kiosk/kiosk-texts";
import { shareTexts } from "../../../texts/share";
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

interface Taking {
  language: string;
  hours: number;
  /** Whether phones need a link to the painting, because the server knows who may see it. */
  isShared: boolean;
}

/** The path of the page on which a visitor's phone shows the painting. */
async function pathOf(sessionId: string, { language, hours, isShared }: Taking): Promise<string> {
  if (!isShared) return `/take?${new URLSearchParams({ id: sessionId, lang: language })}`;
  const input = { name: shareTexts.takenHome, expiresAt: new Date(Date.now() + 3_600_000 * hours).toISOString() };
  const { path } = (await execute(ShareSession, { id: sessionId, input })).shareSession;
  return path.replace("#", `?${new URLSearchParams({ to: "take", lang: language })}#`);
}

/** Offers a visitor the finished painting; with their consent, a code for their phone. Nothing where no phone could open it. */
export function TakeHome({ texts, options, state, lend, dispatch }: Props) {
  const { busy, failure, attempt } = useAttempt();
  const access = useAccess();
  /** What the code opens, once the painting was lent. */
  const [path, setPath] = useState<string | null>(null);
  const origin = takeHomeOrigin(options);
  if (origin === null) return null;
  const { hours, keep, language } = options;

  async function consent() {
    // The painting stays on show meanwhile, and then as long again.
    dispatch({ type: "took-home" });
    const isLent = await attempt(async () => {
      await lend(3600 * hours);
      setPath(await pathOf(state.sessionId, { language, hours, isShared: access !== null && access.mode !== "NONE" }));
    });
    if (isLent) dispatch({ type: "took-home" });
  }

  return (
    <section className={styles.panel} aria-live="polite">
      {path !== null && failure === null ? (
        <>
          <p className={styles.title}>{texts.scan}</p>
          <QrCode text={origin + path} label={texts.scan} className={styles.code} />
          {access?.requiresApproval && access.role !== "ADMIN" && <p className={kiosk.small}>{texts.scanApproval}</p>}
          {!keep && <p className={kiosk.small}>{texts.scanHint(hours)}</p>}
        </>
      ) : (
        <>
          <button type="button" className={styles.take} disabled={busy} onClick={() => void consent()}>
            {texts.takeHome}
          </button>
          <p className={kiosk.small}>{failure === null ? (keep ? texts.takeHomeHintKept : texts.takeHomeHint) : texts.notNow}</p>
        </>
      )}
    </section>
  );
}
