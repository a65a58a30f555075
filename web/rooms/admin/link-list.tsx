import type { Link } from "../../graphql/access-operations";
import headings from "../../parts/headings.module.css";
import { whyClosed } from "../../parts/link-state";
import { momentOf } from "../../parts/moment";
import { FailureNotice } from "../../parts/notice";
import button from "../../parts/text-button.module.css";
import { accessTexts } from "../../texts/access";
import styles from "./admin.module.css";
import type { LinkPages } from "./link-pages";

const texts = accessTexts.admin;

export interface LinkListProps {
  kind: "ACCESS" | "TOKEN" | "OUTPUT";
  /** Null until they are known. */
  pages: LinkPages | null;
  busy: boolean;
  failure: unknown;
  onRevoke(link: Link): void;
  onMore(): void;
}

/** Links of one kind, newest first, with buttons that revoke them; nothing where there are no addresses of outputs. */
export function LinkList({ kind, pages, busy, failure, onRevoke, onMore }: LinkListProps) {
  if (kind === "OUTPUT" && failure === null && !pages?.links.length) return null;
  return (
    <section aria-labelledby={`list-${kind}`}>
      <h2 id={`list-${kind}`} className={headings.part}>
        {texts[kind].existing}
      </h2>
      <FailureNotice error={failure} />
      {pages?.links.length === 0 && kind !== "OUTPUT" && <p>{texts[kind].none}</p>}
      <ul className={styles.links}>
        {pages?.links.map((link) => {
          const closed = whyClosed(link);
          return (
            <li key={link.id} className={styles.link} data-open={closed === null}>
              <span className={styles.name}>{link.name}</span>
              <span className={styles.facts}>{factsOf(link)}</span>
              {closed === null ? (
                <button
                  type="button"
                  className={button.accent}
                  disabled={busy}
                  aria-label={texts.revokeNamed(link.name)}
                  onClick={() => onRevoke(link)}
                >
                  {texts.revoke}
                </button>
              ) : (
                texts[closed]
              )}
            </li>
          );
        })}
      </ul>
      {pages?.hasMore && (
        <button type="button" className={button.accent} disabled={busy} aria-label={texts[kind].more} onClick={onMore}>
          {texts.more}
        </button>
      )}
    </section>
  );
}

function factsOf({ role, createdAt, expiresAt }: Link): string {
  const facts = [role && accessTexts.roles[role], texts.made(momentOf(createdAt)), expiresAt && texts.expires(momentOf(expiresAt))];
  return facts.filter(Boolean).join(" · ");
}
