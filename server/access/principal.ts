import { isOpen, type KnownVisitor, type LinkRecord, LOCAL_OWNER, type Reader, type Role } from "../records/access.js";

/** Who sends a request, as far as their credentials tell. */
export interface Principal {
  /** Null for a stranger, who may see what is public, and what share links opened. */
  role: Role | null;
  /** Owner of what they upload and start; null for a stranger. */
  ownerId: string | null;
  /** What they may see; null for everything. */
  reader: Reader | null;
  /** Name of the link with their role, for people; null for none. */
  name: string | null;
  /** The visitor whose cookie was sent; null for others. */
  visitorId: string | null;
  /** The links that all this depends on. */
  linkIds: readonly string[];
  /** When one of those links expires; null when none does. */
  expiresAt: Date | null;
}

/** Everyone on a server without access control, which only its own machine can reach. */
export const localPrincipal: Principal = {
  role: "ADMIN",
  ownerId: LOCAL_OWNER,
  reader: null,
  name: null,
  visitorId: null,
  linkIds: [],
  expiresAt: null,
};

/** Someone without valid credentials. */
export const stranger: Principal = {
  role: null,
  ownerId: null,
  reader: { ownerId: null, shared: [] },
  name: null,
  visitorId: null,
  linkIds: [],
  expiresAt: null,
};

/** A program that holds the secret of a link with a role. Null for other links and for one that opens nothing at `now`. */
export function principalOfLink(link: LinkRecord | null, now: Date): Principal | null {
  if (link?.kind !== "ACCESS" || !isOpen(link, now)) return null;
  return principal({ ownerId: link.id, visitorId: null, link, shares: [] });
}

/** Someone with a cookie, whose links may open nothing any more at `now`. */
export function principalOfVisitor(visitor: KnownVisitor, now: Date): Principal {
  const link = visitor.link?.kind === "ACCESS" && isOpen(visitor.link, now) ? visitor.link : null;
  return principal({ ownerId: visitor.id, visitorId: visitor.id, link, shares: visitor.shares.filter((share) => isOpen(share, now)) });
}

interface Credentials {
  ownerId: string;
  visitorId: string | null;
  /** The link with a role, which is valid; null for none. */
  link: LinkRecord | null;
  shares: readonly LinkRecord[];
}

function principal({ ownerId, visitorId, link, shares }: Credentials): Principal {
  const links = link ? [link, ...shares] : shares;
  const ends = links.flatMap(({ expiresAt }) => expiresAt ?? []);
  const shared = shares.flatMap(({ sessionId }) => sessionId ?? []);
  const role = link?.role ?? null;
  // A stranger with share links has no right to what they once owned.
  const owner = role === null ? null : ownerId;
  return {
    role,
    ownerId: owner,
    reader: role === "ADMIN" ? null : { ownerId: owner, shared },
    name: link?.name ?? null,
    visitorId,
    linkIds: links.map(({ id }) => id),
    expiresAt: ends.length === 0 ? null : ends.reduce((first, end) => (end < first ? end : first)),
  };
}
