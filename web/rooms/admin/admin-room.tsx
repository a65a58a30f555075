"use client";

import { useEffect, useState } from "react";
import type { Link } from "../../graphql/access-operations";
import { LinksQuery, RevokeLink } from "../../graphql/access-operations";
import { execute } from "../../graphql/execute";
import { untilReached } from "../../graphql/subscribe";
import { useAccess } from "../../parts/access";
import headings from "../../parts/headings.module.css";
import { FailureNotice } from "../../parts/notice";
import { useAttempt } from "../../parts/use-attempt";
import { accessTexts } from "../../texts/access";
import styles from "./admin.module.css";
import { Audit } from "./audit";
import { LinkList } from "./link-list";
import { NewLink } from "./new-link";
import { OpenSessions } from "./open-sessions";
import { Usage } from "./usage";
import { UserList } from "./user-list";
import { WaitingForApproval } from "./waiting";

const texts = accessTexts.admin;

/** The room of admins: links, tokens and accounts by which people and programs use the server. */
export function AdminRoom() {
  const [links, setLinks] = useState<readonly Link[] | null>(null);
  const { busy, failure, attempt } = useAttempt();
  const hasUsers = useAccess()?.mode === "USERS";

  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` is another function at each rendering.
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    const load = async () => {
      const found = await execute(LinksQuery, {}, signal);
      // Many links of other kinds do not push the tokens out.
      setLinks([...found.links.filter(({ kind }) => kind !== "TOKEN"), ...found.tokens]);
    };
    void attempt(() => untilReached(load, signal));
    return () => ending.abort();
  }, []);

  const revoke = ({ id }: Link) =>
    attempt(async () => {
      const { revokeLink } = await execute(RevokeLink, { id });
      setLinks((known) => known?.map((link) => (link.id === id ? revokeLink : link)) ?? null);
    });
  const add = (link: Link) => setLinks((known) => [link, ...(known ?? [])]);

  // Links to one session are in the share dialog of that session.
  const ofServer = links?.filter(({ kind }) => kind === "ACCESS" || kind === "OUTPUT") ?? null;
  const tokens = links?.filter(({ kind }) => kind === "TOKEN") ?? null;
  const list = { busy, onRevoke: (link: Link) => void revoke(link) };
  return (
    <main className={`page ${styles.room}`}>
      <header className={styles.header}>
        <h1 className={headings.page}>{texts.title}</h1>
        <p className={headings.lead}>{texts.lead}</p>
      </header>
      <WaitingForApproval />
      <FailureNotice error={failure} />
      <NewLink kind="ACCESS" onMade={add} />
      <LinkList kind="ACCESS" links={ofServer} {...list} />
      <NewLink kind="TOKEN" onMade={add} />
      <LinkList kind="TOKEN" links={tokens} {...list} />
      {hasUsers && <UserList />}
      <OpenSessions />
      <Usage />
      <Audit />
    </main>
  );
}
