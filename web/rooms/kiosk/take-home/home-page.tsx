"use client";

import type { ResultOf } from "gql.tada";
import { useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";
import { execute } from "../../../graphql/execute";
import { TakenHomeQuery } from "../../../graphql/operations";
import { LastingImage } from "../../../parts/lasting-image";
import { FailureNotice } from "../../../parts/notice";
import { useAttempt } from "../../../parts/use-attempt";
import { useAwaitsApproval } from "../../../session/sharing/use-awaits-approval";
import { kioskTexts } from "../../../texts/kiosk/languages";
import { languageNamed, useLanguage } from "../language";
import styles from "./home-page.module.css";

type Taken = ResultOf<typeof TakenHomeQuery>["session"];

/** A visitor's painting on their phone, to download, until its link expires. */
export function HomePage() {
  const query = useSearchParams();
  const id = query.get("id") ?? "";
  const language = useLanguage(languageNamed(query.get("lang")));
  const texts = kioskTexts[language].home;
  const [session, setSession] = useState<Taken | undefined>(undefined);
  const { failure, load } = useAttempt();
  /** How often it was decided whether the painting may be shown, while this page waited for it. */
  const [decisions, setDecisions] = useState(0);
  const waits = useAwaitsApproval(id, session === null || failure !== null, () => setDecisions(decisions + 1));

  // biome-ignore lint/correctness/useExhaustiveDependencies: the painting is asked for again after a decision.
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    void load(async () => setSession((await execute(TakenHomeQuery, { id }, signal)).session), signal);
    return () => ending.abort();
  }, [id, decisions]);

  const frame = session?.latestFrame;
  return (
    <main className={styles.page} lang={language}>
      <h1 className={styles.title}>{texts.title}</h1>
      {waits && <p role="status">{texts.waits}</p>}
      {!waits && <FailureNotice error={failure} />}
      {!waits && session === null && <p>{texts.gone}</p>}
      {session && !frame && <p>{texts.working}</p>}
      {session && frame && (
        <>
          <LastingImage
            className={styles.picture}
            src={frame.url}
            width={frame.width}
            height={frame.height}
            alt={session.title ?? texts.title}
          />
          <a className="button primary" href={`/sessions/${session.id}/export.jpg`} download>
            {texts.download}
          </a>
          {session.expiresAt && <p className="note">{texts.until(new Date(session.expiresAt).toLocaleString(language, shortly))}</p>}
        </>
      )}
    </main>
  );
}

const shortly = { dateStyle: "medium", timeStyle: "short" } as const;
