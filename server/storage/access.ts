import type { KnownVisitor, LinkFilter, LinkRecord, OwnerUsage, Role, SignIn, UserRecord, VisitorRecord } from "../records/access.js";

/** Links, of each kind, that open something when one more is about to be stored. */
export interface OpenLinks {
  /** How many belong to one owner. */
  own: number;
  /** How many belong to all who came last by one link, users left out, and to programs that use its secret. */
  ofLink: number;
}

/** The place that one more link needs. */
export interface RequiredLinkPlace {
  /** The link by which its owner came, whose visitors' links count too; null for none. */
  linkId: string | null;
  /**
   * Called with what there is when the link is about to be stored, and none of its owner or of those who came by the same link is
   * until that is done. What it throws is thrown, and nothing is stored.
   */
  require(open: OpenLinks): void;
}

/** Links and the people who came by them. A secret is known only as the hex SHA-256 of its text. */
export interface AccessStore {
  addLink(link: LinkRecord, secretHash: string, place?: RequiredLinkPlace): Promise<void>;
  /** Adds a link unless one with the role ADMIN is open then, and returns whether it did; of calls at once, one adds its link. */
  addFirstAdmin(link: LinkRecord, secretHash: string, at: Date): Promise<boolean>;
  /** Links that pass a filter, newest first: `first` of them after the first `skip`. */
  links(page: { first: number; skip: number }, filter: LinkFilter): Promise<LinkRecord[]>;
  findLink(id: string): Promise<LinkRecord | null>;
  /** Owners with what they have, those with the most bytes first. */
  usage(first: number): Promise<OwnerUsage[]>;
  /**
   * Size of the pictures, kept frames and films, bytes, that those who came last by a link with a role have together, users
   * left out, and programs that use its secret.
   */
  byteLengthOfLink(linkId: string): Promise<number>;
  /** The link with a role by which a visitor came last, who may have left since; null for none, and for other owners. */
  linkBehind(visitorId: string): Promise<string | null>;
  /** The link whose limits count for an owner: it, or the one by which they came last; null for none, and for one of admins. */
  limitingLink(ownerId: string): Promise<string | null>;
  /** The link with a secret, also one that was revoked or has expired. */
  linkOf(secretHash: string): Promise<LinkRecord | null>;
  /** Returns the link as it is now; null when there is none that was not revoked. */
  revokeLink(id: string, at: Date): Promise<LinkRecord | null>;
  /** With `signIn`, the visitor is a user, whose id it names, until an instant. */
  addVisitor(visitor: VisitorRecord, secretHash: string, signIn?: SignIn<string>): Promise<void>;
  /** The visitor whose cookie holds a secret. The secret before the present one opens no sessions that were shared with them. */
  visitorOf(secretHash: string): Promise<KnownVisitor | null>;
  /** Ends the secret before a visitor's present one. Returns the visitor's id; null where there was none, and for another secret. */
  endPrevious(secretHash: string): Promise<string | null>;
  /** The visitor with an id; null for none, and for one whose secret was forgotten. */
  findVisitor(id: string): Promise<KnownVisitor | null>;
  /**
   * Gives a visitor a new secret, and with it what a link opens. One who was forgotten meanwhile is known again. With
   * `before`, only while that secret is the visitor's; by the secret before the present one they lose what was shared with
   * them. Returns whether they were admitted.
   */
  admit(visitorId: string, secretHash: string, link: LinkRecord, before?: SecretBefore): Promise<boolean>;
  /** Forgets the secret of a visitor, who keeps what they own, as what they were. */
  dismiss(visitorId: string): Promise<void>;
  /**
   * Deletes up to `most` visitors who first came by an instant, own no session, picture or link, and have no secret any
   * more or nothing that it opens: their sign-in and their links had ended by then. Those who make a user count as an
   * admin, by whose link they came, stay. Returns their number.
   */
  forgetVisitors(by: Date, most: number): Promise<number>;
  /**
   * Stores a user, or for an issuer and a subject that are known, the name, role and time of the sign-in. Returns the user
   * as stored.
   */
  saveUser(user: UserRecord): Promise<UserRecord>;
  /** The user of an issuer with a subject; null for one who never signed in. */
  userOf(issuer: string, subject: string): Promise<UserRecord | null>;
  /** Users, those who signed in last first: `first` of them after the first `skip`. */
  users(page: { first: number; skip: number }): Promise<UserRecord[]>;
  /** Whether a user of an issuer with this role has access. */
  hasUser(issuer: string, role: Role): Promise<boolean>;
  /** Ends the access of a user at an instant, or with null gives it back. Returns the user as stored; null for none. */
  setAccessEnd(userId: string, at: Date | null): Promise<UserRecord | null>;
  /** Ids of the visitors with a secret who are a user. */
  visitorsOfUser(userId: string): Promise<string[]>;
  /** The key with a name that all servers share: `fresh` where there was none. */
  sharedKey(name: string, fresh: string): Promise<string>;
  /**
   * Notes that the attempt to sign in with a state, which is over at `until`, has ended, and forgets those over by `now`.
   * Returns false for one that had ended before.
   */
  endAttempt(state: string, until: Date, now: Date): Promise<boolean>;
}

/** The secret by which a visitor is known who opens a link. */
interface SecretBefore {
  hash: string;
  /** Whether it ends at once. Otherwise it holds until the new one is used, because the answer with that may be lost. */
  ends: boolean;
}
