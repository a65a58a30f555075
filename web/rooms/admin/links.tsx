import { useEffect, useState } from "react";
import type { Link } from "../../graphql/access-operations";
import { LinksQuery, RevokeLink } from "../../graphql/access-operations";
import { execute } from "../../graphql/execute";
import { useAttempt } from "../../parts/use-attempt";
import { LinkList } from "./link-list";
import { type LinkPages, skipBehind, withLink, withPage } from "./link-pages";
import { NewLink } from "./new-link";

/**
 * Links of one kind, which can be revoked here, and for links to the server and tokens a form that makes them. Addresses of
 * live outputs are made where the output is. Links to one session are in the share dialog of that session.
 */
export function Links({ kind }: { kind: "ACCESS" | "TOKEN" | "OUTPUT" }) {
  const [pages, setPages] = useState<LinkPages | null>(null);
  const { busy, failure, attempt, load: loadFirst } = useAttempt();

  async function load(skip: number, signal?: AbortSignal) {
    const { links } = await execute(LinksQuery, { kind, skip }, signal);
    setPages((known) => withPage(known, links));
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: the functions are others at each rendering.
  useEffect(() => {
    const ending = new AbortController();
    void loadFirst(() => load(0, ending.signal), ending.signal);
    return () => ending.abort();
  }, [kind]);

  const take = (link: Link) => setPages((known) => withLink(known, link));
  const revoke = ({ id }: Link) => attempt(async () => take((await execute(RevokeLink, { id })).revokeLink));

  return (
    <>
      {kind !== "OUTPUT" && <NewLink kind={kind} onMade={take} />}
      <LinkList
        kind={kind}
        pages={pages}
        busy={busy}
        failure={failure}
        onRevoke={(link) => void revoke(link)}
        onMore={() => void attempt(() => load(skipBehind(pages)))}
      />
    </>
  );
}
