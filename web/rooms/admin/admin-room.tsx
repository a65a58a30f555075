"use client";

import { useEffect, useState } from "react";
import type { Link } from "../../graphql/access-operations";
import { LinksQuery, RevokeLink } from "../../graphql/access-operations";
import { execute } from "../../graphql/execute";
import { untilReached } from "../../graphql/subscribe";
import headings from "../../parts/headings.module.css";
import { FailureNotice } from "../../parts/notice";
import button from "../../parts/text-button.module.css";
import { useAttempt } from "../../parts/use-attempt";
import { accessTexts } from "../../texts/access";
import styles from "./admin.module.css";
import { Audit } from "./audit";
import { NewLink } from "./new-link";
import { WaitingForApproval } from "./waiting";

const texts = accessTexts.admin;

/** The room of admins: links by which people and programs use the server. */
export function AdminRoom() {
  const [links, setLinks] = useState<readonly Link[] | null>(null);
  const { busy, failure, attempt } = useAttempt();

  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` is another function at each rendering.
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    void attempt(() => untilReached(() => execute(LinksQuery, {}, signal), signal).then((found) => setLinks(found.links)));
    return () => ending.abort();
  }, []);

  const revoke = ({ id }: Link) =>
    attempt(async () => {
      const { revokeLink } = await execute(RevokeLink, { id });
      setLinks((known) => known?.map((link) => (link.id === id ? revokeLink : link)) ?? null);
    });

  // Links to one session are in the share dialog of that session.
  const listed = links?.filter(({ kind }) => kind !== "SHARE") ?? [];
  return (
    <main className={`page ${styles.room}`}>
      <header className={styles.header}>
        <h1 className={headings.page}>{texts.title}</h1>
        <p className={headings.lead}>{texts.lead}</p>
      </header>
      <WaitingForApproval />
      <NewLink onMade={(link) => setLinks((known) => [link, ...(known ?? [])])} />
      <section aria-labelledby="links">
        <h2 id="links" className={headings.part}>
          {texts.existing}
        </h2>
        <FailureNotice error={failure} />
        {links && listed.length === 0 && <p>{texts.none}</p>}
        <ul className={styles.links}>
          {listed.map((link) => (
            <li key={link.id} className={styles.link} data-open={stateOf(link) === null}>
              <span className={styles.name}>{link.name}</span>
              <span className={styles.facts}>
                {link.role && accessTexts.roles[link.role]} · {texts.made(day(link.createdAt))}
                {link.expiresAt && ` · ${texts.expires(day(link.expiresAt))}`}
              </span>
              {stateOf(link) ?? (
                <button
                  type="button"
                  className={button.accent}
                  disabled={busy}
                  aria-label={texts.revokeNamed(link.name)}
                  onClick={() => void revoke(link)}
                >
                  {texts.revoke}
                </button>
              )}
            </li>
          ))}
        </ul>
      </section>
      <Audit />
    </main>
  );
}

/** Why a link opens nothing any more; null for one that does. */
function stateOf({ revokedAt, expiresAt }: Link): string | null {
  if (revokedAt !== null) return texts.revoked;
  return expiresAt !== null && new Date(expiresAt) <= new Date() ? texts.expired : null;
}

function day(instant: string): string {
  return new Date(instant).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
