/** How a server knows who may use it: not at all, by links, or by links and the accounts of an identity provider. */
export const accessModes = ["NONE", "LINK", "USERS"] as const;
export type AccessMode = (typeof accessModes)[number];

/** What someone may do: watch what is shared, start and steer sessions of their own, or everything. */
export const roles = ["VIEWER", "ARTIST", "ADMIN"] as const;
export type Role = (typeof roles)[number];

/** The role with more rights; null is none. */
export function higherOf(one: Role | null, other: Role | null): Role | null {
  const rank = (role: Role | null) => (role === null ? -1 : roles.indexOf(role));
  return rank(other) > rank(one) ? other : one;
}

/** Who may see a session besides its owner and admins: nobody, those with a share link, or everyone. */
export const visibilities = ["PRIVATE", "LINK", "PUBLIC"] as const;
export type Visibility = (typeof visibilities)[number];

/**
 * Whether an admin lets others than the owner see a session: it waits for their decision, or they decided. An admin's
 * decision holds for the session from then on.
 */
export const approvals = ["PENDING", "APPROVED", "REFUSED"] as const;
export type Approval = (typeof approvals)[number];

/** The owner of everything on a server without access control. */
export const LOCAL_OWNER = "local";

/** What decides who may see a session. */
export interface Guarded {
  id: string;
  /** Id of the owner. */
  ownerId: string;
  visibility: Visibility;
  /** Null where no admin was asked, and others may see the session by its visibility alone. */
  approval: Approval | null;
}

/**
 * Someone who does not see everything: of sessions their own, the public ones and those that were shared with them, and of
 * pictures their own and those of such sessions.
 */
export interface Reader {
  /** Null for a stranger, who owns nothing. */
  ownerId: string | null;
  /** Ids of the sessions whose share links they opened. Such a session is visible while its visibility is LINK. */
  shared: readonly string[];
}

/** Whether a reader may see a session; null is someone who sees everything. */
export function maySee(reader: Reader | null, { id, ownerId, visibility, approval }: Guarded): boolean {
  if (reader === null || ownerId === reader.ownerId) return true;
  return isApproved({ approval }) && (visibility === "PUBLIC" || isSharedWith(reader, { id, visibility }));
}

/** Whether no admin's decision keeps others from seeing a session. */
export function isApproved({ approval }: Pick<Guarded, "approval">): boolean {
  return approval === null || approval === "APPROVED";
}

/** Whether a reader opened a link to a session that its owner lets people with links see. */
export function isSharedWith({ shared }: Reader, { id, visibility }: Pick<Guarded, "id" | "visibility">): boolean {
  return visibility === "LINK" && shared.includes(id);
}

/** What every link has; its secret is stored only as a hash. */
interface LinkBase {
  id: string;
  /** What the owner calls it, such as "Class 7b". */
  name: string;
  /** Who made it. What a program starts with the secret of an ACCESS link or a token belongs to the link itself. */
  ownerId: string;
  createdAt: Date;
  /** Null for a link that does not expire. */
  expiresAt: Date | null;
  /** Null for a link that was not revoked. */
  revokedAt: Date | null;
}

/**
 * A link, as stored: one that opens the server with a role, one session, or one lasting output; or a token, which only
 * programs use. `actsFor` is the owner of what a token starts: itself, or what the token that it replaces acts for.
 */
export type LinkRecord =
  | (LinkBase & { kind: "ACCESS"; role: Role; sessionId: null; output: null; actsFor: null })
  | (LinkBase & { kind: "TOKEN"; role: Role; sessionId: null; output: null; actsFor: string })
  | (LinkBase & { kind: "SHARE"; role: null; sessionId: string; output: null; actsFor: null })
  | (LinkBase & { kind: "OUTPUT"; role: null; sessionId: null; output: string; actsFor: null });

/** Whether a link opens anything at an instant. */
export function isOpen({ expiresAt, revokedAt }: Pick<LinkBase, "expiresAt" | "revokedAt">, at: Date): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > at);
}

/** Someone with an account at an identity provider, who signed in at least once. */
export interface UserRecord {
  /** The owner of what they start, on every device. */
  id: string;
  /** Address of the identity provider. */
  issuer: string;
  /** What the identity provider calls them, for good. */
  subject: string;
  /** Their name, for people. */
  name: string;
  /** What the identity provider said when they last signed in. */
  role: Role;
  lastSignInAt: Date;
  /** When an admin ended their access; null for someone who may sign in. */
  accessEndedAt: Date | null;
}

/** Someone in a browser: who came by links, or signed in. */
export interface VisitorRecord {
  /** The owner of what they start, unless they are signed in. */
  id: string;
  createdAt: Date;
}

/** A visitor's claim to be a user, until an instant. */
export interface SignIn<User = UserRecord> {
  user: User;
  until: Date;
}

/** A visitor with the links that they opened, also those that open nothing any more. */
export interface KnownVisitor extends VisitorRecord {
  /** The link with a role by which they came last; null for someone who opened only share links. */
  link: LinkRecord | null;
  shares: LinkRecord[];
  /** Null for someone who did not sign in; one that is over stays. */
  signIn: SignIn | null;
}

/** Conditions that a link must meet; a missing one holds for every link. */
export interface LinkFilter {
  kind?: LinkRecord["kind"];
  sessionId?: string;
  ownerId?: string;
  /** Leaves out links that open nothing at this instant, because they were revoked or have expired. */
  openAt?: Date;
}

/** What an owner has on a server. */
export interface OwnerUsage {
  ownerId: string;
  /** The user's name, or that of the link by which a visitor or program came; null where it is not known. */
  name: string | null;
  sessions: number;
  /** Those that are QUEUED or RUNNING. */
  openSessions: number;
  pictures: number;
  /** Those that are finished. */
  films: number;
  /** Size of pictures, kept frames and films together, bytes. */
  byteLength: number;
}
