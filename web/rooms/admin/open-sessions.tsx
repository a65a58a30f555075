import Link from "next/link";
import { useState } from "react";
import { type OpenSession, OpenSessionEvents, OpenSessionsQuery } from "../../graphql/admin-operations";
import { execute } from "../../graphql/execute";
import { CancelSession, PauseSession } from "../../graphql/operations";
import { type SubscriptionTo, useSubscription } from "../../graphql/use-subscription";
import headings from "../../parts/headings.module.css";
import { Newest } from "../../parts/newest";
import { FailureNotice } from "../../parts/notice";
import { formatShare } from "../../parts/share";
import button from "../../parts/text-button.module.css";
import { useAttempt } from "../../parts/use-attempt";
import { accessTexts } from "../../texts/access";
import { sessionTexts, statusNames } from "../../texts/session";
import styles from "./admin.module.css";

const texts = accessTexts.admin.open;

/** Least time between two looks at what runs, ms: sessions change many times while they are painted. */
const RELOAD_EVERY_MS = 1_000;

async function whatIsOpen(): Promise<readonly OpenSession[]> {
  return (await execute(OpenSessionsQuery, {})).sessions.edges.map(({ node }) => node);
}

/** What runs and waits now, of everyone, with a button that stops it. */
export function OpenSessions() {
  const [sessions, setSessions] = useState<readonly OpenSession[] | null>(null);
  const [unknown, setUnknown] = useState<unknown>(null);
  const { busy, failure, attempt } = useAttempt();

  const [newest] = useState(() => {
    const show = (data: readonly OpenSession[]) => {
      setSessions(data);
      setUnknown(null);
    };
    return new Newest({ read: whatIsOpen, show, onFailure: setUnknown, everyMs: RELOAD_EVERY_MS });
  });
  useSubscription(
    "open",
    (_key, signal): SubscriptionTo<typeof OpenSessionEvents> => ({
      document: OpenSessionEvents,
      variables: () => ({}),
      load: () => newest.load(),
      reloads: true,
      onEvent: () => newest.changed(signal),
      onFailure: setUnknown,
    }),
  );

  const stop = ({ __typename, id, expiresAt }: OpenSession) =>
    attempt(async () => {
      // A painting can be continued. A temporary one is ended, so that its kiosk goes on at once.
      const canGoOn = __typename === "StyleTransferSession" && expiresAt === null;
      await (canGoOn ? execute(PauseSession, { id }) : execute(CancelSession, { id }));
      await newest.load();
    });

  return (
    <section aria-labelledby="open-sessions">
      <h2 id="open-sessions" className={headings.part}>
        {texts.title}
      </h2>
      <FailureNotice error={failure ?? unknown} />
      {sessions?.length === 0 && <p>{texts.none}</p>}
      <ul className={styles.links}>
        {sessions?.map((session) => {
          const title = session.title ?? sessionTexts.untitled;
          return (
            <li key={session.id} className={styles.link}>
              <Link href={`/s?id=${encodeURIComponent(session.id)}`} className={styles.name}>
                {title}
              </Link>
              <span className={styles.facts}>{factsOf(session)}</span>
              <button
                type="button"
                className={button.accent}
                disabled={busy}
                aria-label={texts.stopNamed(title)}
                onClick={() => void stop(session)}
              >
                {texts.stop}
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function factsOf(session: OpenSession): string {
  const { status, queuePosition } = session;
  if (status === "QUEUED") return queuePosition === null ? statusNames.QUEUED : texts.place(queuePosition);
  if (session.__typename !== "StyleTransferSession") return texts.translating;
  return `${statusNames.RUNNING} · ${formatShare(Math.max(0, session.step) / session.settings.steps)}`;
}
