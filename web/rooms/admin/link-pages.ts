import type { Link } from "../../graphql/access-operations";
import { whyClosed } from "../../parts/link-state";

/** Links that one request of `LinksQuery` loads. */
const PAGE = 100;

/** The links of one kind, newest first, as far as they are loaded. */
export interface LinkPages {
  links: readonly Link[];
  hasMore: boolean;
}

/** Links that the next request leaves out: those that are known, without the ones that the server no longer lists. */
export function skipBehind(pages: LinkPages | null): number {
  return pages?.links.filter((link) => whyClosed(link) === null).length ?? 0;
}

/** The pages with another one behind them. A link that was made meanwhile moves the others back, so that some come twice. */
export function withPage(pages: LinkPages | null, found: readonly Link[]): LinkPages {
  const known = pages?.links ?? [];
  const ids = new Set(known.map(({ id }) => id));
  return { links: [...known, ...found.filter(({ id }) => !ids.has(id))], hasMore: found.length === PAGE };
}

/** The pages with a link as it is now: in its place, or before all others where it is new. */
export function withLink(pages: LinkPages | null, link: Link): LinkPages {
  const { links, hasMore } = pages ?? { links: [], hasMore: false };
  const isKnown = links.some(({ id }) => id === link.id);
  return { links: isKnown ? links.map((one) => (one.id === link.id ? link : one)) : [link, ...links], hasMore };
}
