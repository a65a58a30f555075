import { useEffect, useState } from "react";
import { UsageQuery, type Usage as Used } from "../../graphql/admin-operations";
import { execute } from "../../graphql/execute";
import { formatBytes } from "../../networks/networks";
import fold from "../../parts/fold.module.css";
import headings from "../../parts/headings.module.css";
import { FailureNotice } from "../../parts/notice";
import { useAttempt } from "../../parts/use-attempt";
import { accessTexts } from "../../texts/access";
import styles from "./admin.module.css";

const texts = accessTexts.admin.usage;

/** Who has how much on the server, and the limits that hold for them. */
export function Usage() {
  const [used, setUsed] = useState<Used | null>(null);
  const { failure, load } = useAttempt();

  // biome-ignore lint/correctness/useExhaustiveDependencies: `load` is another function at each rendering.
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    void load(async () => setUsed(await execute(UsageQuery, {}, signal)), signal);
    return () => ending.abort();
  }, []);

  return (
    <section aria-labelledby="usage">
      <h2 id="usage" className={headings.part}>
        {texts.title}
      </h2>
      <FailureNotice error={failure} />
      {used?.usage.length === 0 && <p>{texts.none}</p>}
      <ul className={styles.links}>
        {used?.usage.map(({ ownerId, name, sessions, openSessions, pictures, films, bytes }) => (
          <li key={ownerId} className={styles.link}>
            <span className={styles.name}>{name ?? texts.unnamed}</span>
            <span className={styles.facts}>
              {[
                texts.paintings(sessions),
                texts.pictures(pictures),
                films > 0 && texts.films(films),
                openSessions > 0 && texts.open(openSessions),
                formatBytes(bytes),
              ]
                .filter(Boolean)
                .join(" · ")}
            </span>
          </li>
        ))}
      </ul>
      {used && (
        <details className={fold.fold}>
          <summary>{texts.limits}</summary>
          <ul className={styles.links}>
            {used.server.limits.map(({ name, value, unit, per, description }) => (
              <li key={name} className={styles.link}>
                <span className={styles.name}>
                  {value.toLocaleString()} {unit}
                </span>
                <span className={styles.facts}>
                  {texts.per[per]} · {description.replaceAll("`", "")}
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
