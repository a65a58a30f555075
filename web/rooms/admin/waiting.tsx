import Link from "next/link";
import { useEffect, useRef, useState } from "react";
import type { WaitingSession } from "../../graphql/access-operations";
import { ReviewSession, WaitingEvents, WaitingQuery } from "../../graphql/access-operations";
import { execute } from "../../graphql/execute";
import { type SubscriptionTo, useSubscription } from "../../graphql/use-subscription";
import { useAccess } from "../../parts/access";
import { displayUrl, frameUrl } from "../../parts/display-url";
import headings from "../../parts/headings.module.css";
import { LastingImage } from "../../parts/lasting-image";
import { Newest } from "../../parts/newest";
import { FailureNotice } from "../../parts/notice";
import { useAttempt } from "../../parts/use-attempt";
import { accessTexts } from "../../texts/access";
import { sessionTexts } from "../../texts/session";
import styles from "./admin.module.css";

const texts = accessTexts.approval;

/** Least time between two looks at what waits, ms: sessions change many times while they are painted. */
const RELOAD_EVERY_MS = 1_000;
/** Widths of the picture and of what it was made from, CSS px. */
const [PICTURE, PHOTO] = [256, 64];

interface Waiting {
  sessions: readonly WaitingSession[];
  totalCount: number;
}

async function whatWaits(): Promise<Waiting> {
  const { sessions } = await execute(WaitingQuery, {});
  return { sessions: sessions.edges.map(({ node }) => node), totalCount: sessions.totalCount };
}

/** What waits for approval, to approve or refuse; nothing where no approval is required and nothing waits. */
export function WaitingForApproval() {
  const [waiting, setWaiting] = useState<Waiting | null>(null);
  const [unknown, setUnknown] = useState<unknown>(null);
  const { busy, failure, attempt } = useAttempt();
  const requiresApproval = useAccess()?.requiresApproval ?? false;

  const [newest] = useState(() => {
    const show = (data: Waiting) => {
      setWaiting(data);
      setUnknown(null);
    };
    return new Newest({ read: whatWaits, show, onFailure: setUnknown, everyMs: RELOAD_EVERY_MS });
  });
  const shown = useRef(waiting);
  useEffect(() => {
    shown.current = waiting;
  });
  useSubscription(
    "waiting",
    (_key, signal): SubscriptionTo<typeof WaitingEvents> => ({
      document: WaitingEvents,
      variables: () => ({}),
      load: () => newest.load(),
      reloads: true,
      onEvent({ sessions: { id, approval } }) {
        // What waits no more was decided by another admin, or is no longer shared.
        if (approval === "PENDING" || shown.current?.sessions.some((session) => session.id === id)) newest.changed(signal);
      },
      onFailure: setUnknown,
    }),
  );

  const review = ({ id, revision }: WaitingSession, approve: boolean) =>
    attempt(async () => {
      try {
        // What is refused may have changed; what is approved is what this page shows.
        await execute(ReviewSession, { id, approve, revision: approve ? revision : null });
      } finally {
        await newest.load();
      }
    });

  if (!requiresApproval && !waiting?.sessions.length) return null;
  return (
    <section className={styles.make} aria-labelledby="waiting">
      <h2 id="waiting" className={headings.part}>
        {texts.title}
      </h2>
      <FailureNotice error={failure ?? unknown} />
      {waiting?.sessions.length === 0 && <p>{texts.none}</p>}
      <ul className={styles.waiting}>
        {waiting?.sessions.map((session) => (
          <WaitingCard key={session.id} session={session} busy={busy} onReview={(approve) => void review(session, approve)} />
        ))}
      </ul>
      {waiting && waiting.totalCount > waiting.sessions.length && (
        <p className="note">{texts.more(waiting.totalCount - waiting.sessions.length)}</p>
      )}
    </section>
  );
}

interface CardProps {
  session: WaitingSession;
  busy: boolean;
  onReview(approve: boolean): void;
}

/** One session that waits: its picture, what it was made from, and the two decisions. */
function WaitingCard({ session, busy, onReview }: CardProps) {
  const { id, latestFrame } = session;
  const title = session.title ?? sessionTexts.untitled;
  const photo = session.__typename === "StyleTransferSession" ? session.content : session.source;
  return (
    <li className={styles.card}>
      <Link href={`/s?id=${encodeURIComponent(id)}`} className={styles.pictures}>
        {latestFrame && <LastingImage src={frameUrl(latestFrame, PICTURE)} alt="" />}
        {photo && <LastingImage className={styles.photo} src={displayUrl(photo.url, PHOTO)} alt={texts.photo} />}
        <span className={styles.name}>{title}</span>
      </Link>
      <div className={styles.form}>
        <button
          type="button"
          className="button primary"
          disabled={busy}
          aria-label={texts.approveNamed(title)}
          onClick={() => onReview(true)}
        >
          {texts.approve}
        </button>
        <button type="button" className="button" disabled={busy} aria-label={texts.refuseNamed(title)} onClick={() => onReview(false)}>
          {texts.refuse}
        </button>
      </div>
    </li>
  );
}
