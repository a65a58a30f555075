import type { Link } from "../../graphql/access-operations";
import headings from "../../parts/headings.module.css";
import button from "../../parts/text-button.module.css";
import { accessTexts } from "../../texts/access";
import styles from "./admin.module.css";
import { momentOf } from "./moment";

const texts = accessTexts.admin;

export interface LinkListProps {
  kind: "ACCESS" | "TOKEN";
  /** Null until they are known. */
  links: readonly Link[] | null;
  busy: boolean;
  onRevoke(link: Link): void;
}

/** Links or tokens, newest first, which can be revoked here. */
export function LinkList({ kind, links, busy, onRevoke }: LinkListProps) {
  return (
    <section aria-labelledby={`list-${kind}`}>
      <h2 id={`list-${kind}`} className={headings.part}>
        {texts[kind].existing}
      </h2>
      {links?.length === 0 && <p>{texts[kind].none}</p>}
      <ul className={styles.links}>
        {links?.map((link) => (
          <li key={link.id} className={styles.link} data-open={stateOf(link) === null}>
            <span className={styles.name}>{link.name}</span>
            <span className={styles.facts}>
              {link.role && accessTexts.roles[link.role]} · {texts.made(momentOf(link.createdAt))}
              {link.expiresAt && ` · ${texts.expires(momentOf(link.expiresAt))}`}
            </span>
            {stateOf(link) ?? (
              <button
                type="button"
                className={button.accent}
                disabled={busy}
                aria-label={texts.revokeNamed(link.name)}
                onClick={() => onRevoke(link)}
              >
                {texts.revoke}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Why a link opens nothing any more; null for one that does. */
function stateOf({ revokedAt, expiresAt }: Link): string | null {
  if (revokedAt !== null) return texts.revoked;
  return expiresAt !== null && new Date(expiresAt) <= new Date() ? texts.expired : null;
}
