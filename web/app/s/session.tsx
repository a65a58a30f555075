"use client";

import Link from "next/link";
import { usePathname, useSearchParams } from "next/navigation";
import { useState } from "react";
import { useAccess } from "../../parts/access";
import { Notice } from "../../parts/notice";
import { PaintingRoom } from "../../rooms/painting/painting";
import { TranslationRoom } from "../../rooms/translation/translation";
import { useAwaitsApproval } from "../../session/sharing/use-awaits-approval";
import { useSession } from "../../session/use-session";
import { accessTexts } from "../../texts/access";
import { sessionTexts as texts } from "../../texts/session";
import styles from "../nothing-here.module.css";
import { SignIn } from "../sign-in";

/** The session that the address names, as `/s?id=<id>` or `/s/<id>`. */
export function SessionRoom() {
  const fromQuery = useSearchParams().get("id");
  const fromPath = /^\/s\/([^/]+)/.exec(usePathname())?.[1];
  const id = fromQuery ?? decodeURIComponent(fromPath ?? "");
  /** How often it was decided whether others may see the session, while this page waited for it. */
  const [decisions, setDecisions] = useState(0);
  return <Room key={`${id} ${decisions}`} id={id} onDecided={() => setDecisions(decisions + 1)} />;
}

function Room({ id, onDecided }: { id: string; onDecided(): void }) {
  const [state, dispatch] = useSession(id);
  const { session, failure, connected, removed, closed } = state;
  const access = useAccess();
  const waits = useAwaitsApproval(id, session === null && failure !== null, onDecided);
  if (removed) return <Gone />;
  if (session?.__typename === "StyleTransferSession") return <PaintingRoom state={state} session={session} dispatch={dispatch} />;
  if (session?.__typename === "TranslationSession") return <TranslationRoom state={state} session={session} dispatch={dispatch} />;
  if (waits) return <Waits />;
  // It may open for the account of whoever has this link.
  if (closed && access?.mode === "USERS" && access.role === null) return <SignIn />;
  return (
    <main className={styles.empty}>
      {failure ? <Notice>{failure}</Notice> : <p aria-live="polite">{connected ? texts.loading : texts.unreachable}</p>}
      <Link href="/">{texts.toStudio}</Link>
    </main>
  );
}

/** In place of a session that an admin has not approved yet. */
function Waits() {
  return (
    <main className={styles.empty}>
      <p role="status">{accessTexts.approval.opens}</p>
    </main>
  );
}

/** In place of a session that was deleted, here or on another page. */
function Gone() {
  return (
    <main className={styles.empty}>
      <p role="status">{texts.removed}</p>
      <Link href="/gallery">{texts.toGallery}</Link>
    </main>
  );
}
