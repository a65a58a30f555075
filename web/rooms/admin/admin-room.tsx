"use client";

import { useAccess } from "../../parts/access";
import headings from "../../parts/headings.module.css";
import { accessTexts } from "../../texts/access";
import styles from "./admin.module.css";
import { Audit } from "./audit";
import { Links } from "./links";
import { OpenSessions } from "./open-sessions";
import { Usage } from "./usage";
import { UserList } from "./user-list";
import { WaitingForApproval } from "./waiting";

const texts = accessTexts.admin;

/** The room of admins: links, tokens and accounts by which people and programs use the server. */
export function AdminRoom() {
  const hasUsers = useAccess()?.mode === "USERS";
  return (
    <main className={`page ${styles.room}`}>
      <header className={styles.header}>
        <h1 className={headings.page}>{texts.title}</h1>
        <p className={headings.lead}>{texts.lead}</p>
      </header>
      <WaitingForApproval />
      <Links kind="ACCESS" />
      <Links kind="TOKEN" />
      <Links kind="OUTPUT" />
      {hasUsers && <UserList />}
      <OpenSessions />
      <Usage />
      <Audit />
    </main>
  );
}
