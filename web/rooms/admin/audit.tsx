"use client";

import { useEffect, useState } from "react";
import { type AuditEntry, AuditQuery } from "../../graphql/access-operations";
import { execute } from "../../graphql/execute";
import headings from "../../parts/headings.module.css";
import { FailureNotice } from "../../parts/notice";
import button from "../../parts/text-button.module.css";
import { useAttempt } from "../../parts/use-attempt";
import { accessTexts } from "../../texts/access";
import styles from "./admin.module.css";

const texts = accessTexts.admin.audit;

/** What was done on the server, by whom, when and from where; newest first. */
export function Audit() {
  const [entries, setEntries] = useState<readonly AuditEntry[] | null>(null);
  const [readings, setReadings] = useState(0);
  const { busy, failure, load } = useAttempt();

  // biome-ignore lint/correctness/useExhaustiveDependencies: `load` is another function at each rendering.
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    void load(async () => setEntries((await execute(AuditQuery, {}, signal)).auditLog), signal);
    return () => ending.abort();
  }, [readings]);

  return (
    <section aria-labelledby="audit">
      <h2 id="audit" className={headings.part}>
        {texts.title}
      </h2>
      <p>
        {texts.lead}{" "}
        <button type="button" className={button.accent} disabled={busy} onClick={() => setReadings(readings + 1)}>
          {texts.refresh}
        </button>
      </p>
      <FailureNotice error={failure} />
      {entries?.length === 0 && <p>{texts.none}</p>}
      <ol className={styles.links}>
        {entries?.map((entry, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: entries have no id, and none of them changes.
          <li key={`${entry.at} ${place}`} className={styles.link}>
            <time dateTime={entry.at} className={styles.time}>
              {new Date(entry.at).toLocaleString(undefined, { dateStyle: "short", timeStyle: "medium" })}
            </time>
            <span className={styles.name}>{summaryOf(entry)}</span>
            <span className={styles.facts}>{factsOf(entry)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function summaryOf({ action, code, name }: AuditEntry): string {
  const what = `${name ?? texts.someone}: ${texts.actions[action] ?? action}`;
  return code === null ? what : `${what} (${texts.refused(code)})`;
}

function factsOf({ role, address, about }: AuditEntry): string {
  return [role && accessTexts.roles[role], address, about].filter(Boolean).join(" \u00b7 ");
}
