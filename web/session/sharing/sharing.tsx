import { useEffect, useState } from "react";
import type { Link } from "../../graphql/access-operations";
import { RevokeLink, SetVisibility, ShareSession, SharingQuery } from "../../graphql/access-operations";
import { execute } from "../../graphql/execute";
import { useAccess } from "../../parts/access";
import { whyClosed } from "../../parts/link-state";
import { momentOf } from "../../parts/moment";
import { FailureNotice } from "../../parts/notice";
import { SelectControl } from "../../parts/select-control";
import { ShareableLink } from "../../parts/shareable-link";
import button from "../../parts/text-button.module.css";
import { useAttempt } from "../../parts/use-attempt";
import { accessTexts } from "../../texts/access";
import { keepsHidden } from "./approval-note";
import styles from "./sharing.module.css";

const texts = accessTexts.sharing;
const choices = ["PRIVATE", "LINK", "PUBLIC"] as const;
type Visibility = (typeof choices)[number];
type Approval = "PENDING" | "APPROVED" | "REFUSED";

interface Sharing {
  visibility: Visibility;
  approval: Approval | null;
  links: readonly Link[];
}

/** Decides who may see a session on a server with access control: its visibility, and links to it. */
export function SharingPanel({ id, path }: { id: string; path: string }) {
  const [sharing, setSharing] = useState<Sharing | null>(null);
  const [made, setMade] = useState<string | null>(null);
  const { busy, failure, attempt, load: loadFirst } = useAttempt();
  const access = useAccess();

  const load = async (signal?: AbortSignal) => {
    const { session } = await execute(SharingQuery, { id }, signal);
    setSharing(session && { visibility: session.visibility, approval: session.approval, links: session.links ?? [] });
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: the functions are others at each rendering.
  useEffect(() => {
    const ending = new AbortController();
    void loadFirst(() => load(ending.signal), ending.signal);
    return () => ending.abort();
  }, [id]);

  const open = sharing?.links.filter((link) => whyClosed(link) === null) ?? [];

  const show = (visibility: Visibility) =>
    attempt(async () => {
      const { approval } = (await execute(SetVisibility, { id, visibility })).setVisibility;
      setSharing(sharing && { ...sharing, visibility, approval });
    });

  const make = () =>
    attempt(async () => {
      let count = open.length + 1;
      while (open.some(({ name }) => name === texts.name(count))) count++;
      setMade((await execute(ShareSession, { id, input: { name: texts.name(count) } })).shareSession.path);
      await load();
    });

  const revoke = (link: Link) =>
    attempt(async () => {
      const { revokeLink } = await execute(RevokeLink, { id: link.id });
      setMade(null);
      setSharing(sharing && { ...sharing, links: sharing.links.map((one) => (one.id === link.id ? revokeLink : one)) });
    });

  return (
    <>
      {sharing && (
        <SelectControl
          title={texts.who}
          options={choices.map((value) => ({ value, title: texts[value] }))}
          value={sharing.visibility}
          onChange={(value) => void show(value)}
        />
      )}
      {sharing && keepsHidden(sharing.approval) && (
        <p className="note" role="status">
          {accessTexts.approval[sharing.approval]}
        </p>
      )}
      {sharing?.approval === null && access?.requiresApproval && access.role !== "ADMIN" && <p className="note">{texts.asks}</p>}
      {sharing && sharing.visibility !== "PUBLIC" && <p className="note">{texts.watches}</p>}
      {sharing?.visibility === "PUBLIC" ? (
        <ShareableLink path={path} />
      ) : made ? (
        <>
          <p className="note">{accessTexts.sharing.once}</p>
          <ShareableLink path={made} />
        </>
      ) : (
        <button type="button" className="button primary" disabled={busy || !sharing} onClick={() => void make()}>
          {texts.make}
        </button>
      )}
      {open.length > 0 && (
        <section aria-label={texts.links}>
          <h3 className={styles.title}>{texts.links}</h3>
          {sharing?.visibility === "PRIVATE" && <p className="note">{texts.closed}</p>}
          <ul className={styles.links}>
            {open.map((link) => (
              <li key={link.id}>
                <span>
                  {link.name} <span className="note">{accessTexts.roles.VIEWER} · </span>
                  <time className="note">{momentOf(link.createdAt)}</time>
                  {link.expiresAt !== null && <span className="note"> · {accessTexts.admin.expires(momentOf(link.expiresAt))}</span>}
                </span>
                <button
                  type="button"
                  className={button.accent}
                  disabled={busy}
                  aria-label={accessTexts.admin.revokeNamed(link.name)}
                  onClick={() => void revoke(link)}
                >
                  {accessTexts.admin.revoke}
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <FailureNotice error={failure} />
    </>
  );
}
