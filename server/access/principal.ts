import {
  higherOf,
  isOpen,
  type KnownVisitor,
  type LinkRecord,
  LOCAL_OWNER,
  type Reader,
  type Role,
  type SignIn,
} from "../records/access.js";

/** Who sends a request, as far as their credentials tell. */
export interface Principal {
  /** Null for a stranger, who may see what is public, and what share links opened. */
  role: Role | null;
  /** Owner of what they upload and start; null for a stranger. */
  ownerId: string | null;
  /** The link whose limits count for all who came by it together; null for users, tokens and strangers. */
  groupId: string | null;
  /** What they may see; null for everything. */
  reader: Reader | null;
  /** Name of the user, or of the link with their role, for people; null for none. */
  name: string | null;
  /** The visitor whose cookie was sent; null for others. */
  visitorId: string | null;
  /** The links that all this depends on. */
  linkIds: readonly string[];
  /** When one of those links expires, or the sign-in ends; null when nothing does. */
  expiresAt: Date | null;
}

/** Everyone on a server without access control, which only its own machine can reach. */
export const localPrincipal: Principal = {
  role: "ADMIN",
  ownerId: LOCAL_OWNER,
  groupId: null,
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
  groupId: null,
  reader: { ownerId: null, shared: [] },
  name: null,
  visitorId: null,
  linkIds: [],
  expiresAt: null,
};

/** A program that holds the secret of a link with a role or a token. Null for others and for what opens nothing at `now`. */
export function principalOfLink(link: LinkRecord | null, now: Date): Principal | null {
  if ((link?.kind !== "ACCESS" && link?.kind !== "TOKEN") || !isOpen(link, now)) return null;
  return principal({ ownerId: link.actsFor ?? link.id, visitorId: null, signIn: null, link, shares: [] });
}

/**
 * Someone with a cookie, whose links may open nothing any more at `now`. Users of `issuer` are who they are on every device;
 * with null, nobody is a user.
 */
export function principalOfVisitor(visitor: KnownVisitor, now: Date, issuer: string | null): Principal {
  const link = visitor.link?.kind === "ACCESS" && isOpen(visitor.link, now) ? visitor.link : null;
  const { user, until } = visitor.signIn ?? {};
  const isSignedIn = user && until && user.issuer === issuer && user.accessEndedAt === null && until > now;
  const signIn = isSignedIn ? { user, until } : null;
  const shares = visitor.shares.filter((share) => isOpen(share, now));
  return principal({ ownerId: signIn?.user.id ?? visitor.id, visitorId: visitor.id, signIn, link, shares });
}

interface Credentials {
  ownerId: string;
  visitorId: string | null;
  /** The sign-in, which is valid; null for none. */
  signIn: SignIn | null;
  /** The link with a role, which is valid; null for none. */
  link: LinkRecord | null;
  shares: readonly LinkRecord[];
}

function principal({ ownerId, visitorId, signIn, link, shares }: Credentials): Principal {
  const links = link ? [link, ...shares] : shares;
  const ends = [...links.flatMap(({ expiresAt }) => expiresAt ?? []), ...(signIn ? [signIn.until] : [])];
  const shared = shares.flatMap(({ sessionId }) => sessionId ?? []);
  // A link, which anyone may have sent a user to, can give them a higher role and takes nothing away.
  const role = higherOf(signIn?.user.role ?? null, link?.role ?? null);
  // A stranger with share links has no right to what they once owned.
  const owner = role === null ? null : ownerId;
  return {
    role,
    ownerId: owner,
    // A user is one owner on every device, and a token is one too; a link's visitors are as many as its browsers.
    groupId: signIn === null && link?.kind === "ACCESS" ? link.id : null,
    reader: role === "ADMIN" ? null : { ownerId: owner, shared },
    name: signIn?.user.name ?? link?.name ?? null,
    visitorId,
    linkIds: links.map(({ id }) => id),
    expiresAt: ends.length === 0 ? null : ends.reduce((first, end) => (end < first ? end : first)),
  };
}
