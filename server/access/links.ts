import { randomUUID } from "node:crypto";
import type { Bus } from "../bus/bus.js";
import { AtelierError, badInput, conflict, notFound } from "../errors.js";
import { isOpen, type KnownVisitor, type LinkFilter, type LinkRecord, type Role, roles } from "../records/access.js";
import type { RequiredLinkPlace } from "../storage/access.js";
import type { Storage } from "../storage/storage.js";
import { unauthenticated } from "./permissions.js";
import { hashSecret, isSecret, newSecret } from "./secrets.js";

/** Characters of a link's name. */
export const MAX_LINK_NAME = 100;

/** What a new link opens. */
export type LinkTarget =
  | { kind: "ACCESS"; role: Role }
  /** `replaces` is a token whose work the new one goes on with; null for one with work of its own. */
  | { kind: "TOKEN"; role: Role; replaces: Extract<LinkRecord, { kind: "TOKEN" }> | null }
  | { kind: "SHARE"; sessionId: string }
  /** Sessions of the link's owner with this lasting output. */
  | { kind: "OUTPUT"; output: string };

export interface NewLink {
  name: string;
  /** Who makes it. */
  ownerId: string;
  /** Null for one that does not expire. */
  expiresAt: Date | null;
  /** The place that it needs among the open links of its owner; none for what the operator makes. */
  place?: RequiredLinkPlace;
}

/** A link with its secret, which nobody can read again. */
export interface LinkWithSecret {
  link: LinkRecord;
  secret: string;
}

/** A link that was opened, with the secret of the cookie of whoever opened it. */
export interface OpenedLink extends LinkWithSecret {
  visitorId: string;
}

/** A visitor whose access ended. */
export interface Left {
  visitorId: string;
  /** Whether they were signed in as a user, perhaps until a while ago. */
  isUser: boolean;
  /** The link with a role by which they came last; null for none. */
  linkId: string | null;
}

export interface LinksParts {
  storage: Pick<Storage, "access">;
  bus: Bus;
}

/** Makes, lists and revokes links and tokens, and lets in those who open links. */
export class Links {
  constructor(private readonly parts: LinksParts) {}

  /**
   * @throws AtelierError BAD_INPUT (`input.name`, `input.expiresAt`); NOT_FOUND for a session that does not exist. What the
   * place throws.
   */
  async create({ name, ownerId, expiresAt, place }: NewLink, target: LinkTarget): Promise<LinkWithSecret> {
    const trimmed = name.trim();
    if (trimmed === "" || trimmed.length > MAX_LINK_NAME) {
      throw badInput("input.name", `A link has a name of 1 to ${MAX_LINK_NAME} characters.`, MAX_LINK_NAME, {
        max: MAX_LINK_NAME,
        unit: "characters",
      });
    }
    if (trimmed.includes("\0")) throw badInput("input.name", "A link's name is a text without NUL characters.");
    const createdAt = new Date();
    if (expiresAt !== null && expiresAt <= createdAt) throw badInput("input.expiresAt", "A link must expire in the future.");
    const base = { id: randomUUID(), name: trimmed, ownerId, createdAt, expiresAt, revokedAt: null };
    const link = linkTo(target, base);
    const secret = newSecret();
    await this.parts.storage.access.addLink(link, hashSecret(secret), place);
    return { link, secret };
  }

  /** A link for the one who is to become the first admin; null where there is an admin's link that is open. */
  async createFirstAdmin(ownerId: string): Promise<LinkWithSecret | null> {
    const [createdAt, secret] = [new Date(), newSecret()];
    const base = { id: randomUUID(), name: "First admin", ownerId, createdAt, expiresAt: null, revokedAt: null };
    const link = linkTo({ kind: "ACCESS", role: "ADMIN" }, base);
    return (await this.parts.storage.access.addFirstAdmin(link, hashSecret(secret), createdAt)) ? { link, secret } : null;
  }

  /** Links that pass a filter, newest first: `first` of them after the first `skip`. */
  list(page: { first: number; skip: number }, filter: LinkFilter): Promise<LinkRecord[]> {
    return this.parts.storage.access.links(page, filter);
  }

  /** @throws AtelierError NOT_FOUND (`field`) for an id that is no token's */
  async requireToken(field: string, id: string): Promise<Extract<LinkRecord, { kind: "TOKEN" }>> {
    const link = await this.parts.storage.access.findLink(id);
    if (link?.kind !== "TOKEN") throw notFound(field, "There is no such token.");
    return link;
  }

  /**
   * Ends what a link opens, at once and for everyone.
   * @throws AtelierError NOT_FOUND; CONFLICT for a link that was revoked before.
   */
  async revoke(id: string): Promise<LinkRecord> {
    const { storage, bus } = this.parts;
    const revoked = await storage.access.revokeLink(id, new Date());
    if (!revoked) {
      if (await storage.access.findLink(id)) throw conflict("id", "The link was revoked before.");
      throw notFound("id", "There is no such link.");
    }
    await bus.publish("access", { type: "revoked", linkId: id });
    return revoked;
  }

  /**
   * Lets someone in who opens a link. They stay who they were where their cookie, `before`, is known, so that nothing of
   * theirs is lost. Returns the link with their id and the secret of their new cookie. The one before, which somebody may have
   * planted, opens nothing any more where the link raises their role, else until the new one is used at most what it opened.
   * `admit` is awaited before someone new is let in, and may throw.
   * @throws AtelierError UNAUTHENTICATED for a secret that opens nothing here; an output's opens only its pictures, and a
   * token is for programs. What `admit` throws.
   */
  async open(secret: string, before: string | null, admit: (linkId: string) => Promise<void> = async () => undefined): Promise<OpenedLink> {
    const { access } = this.parts.storage;
    const link = isSecret(secret) ? await access.linkOf(hashSecret(secret)) : null;
    if (!link || !isOpen(link, new Date())) {
      throw new AtelierError("UNAUTHENTICATED", "This link is not valid, has expired, or was revoked.");
    }
    if (link.kind === "OUTPUT" || link.kind === "TOKEN") throw unauthenticated();
    const known = before !== null && isSecret(before) ? await access.visitorOf(hashSecret(before)) : null;
    if (!known) await admit(link.id);
    const cookie = newSecret();
    const visitorId = known && before !== null && (await this.admitAgain(known, before, link, cookie)) ? known.id : randomUUID();
    if (visitorId !== known?.id) await access.admit(visitorId, hashSecret(cookie), link);
    await this.parts.bus.publish("access", { type: "admitted", visitorId });
    return { link, secret: cookie, visitorId };
  }

  /** Returns false for a visitor whose secret, `before`, has ended meanwhile. */
  private admitAgain(visitor: KnownVisitor, before: string, link: LinkRecord, cookie: string): Promise<boolean> {
    const held = visitor.link && isOpen(visitor.link, new Date()) ? visitor.link : null;
    // A link with a lesser role, which anyone may have sent them to, takes nothing away.
    const isLess = link.kind === "ACCESS" && held !== null && rank(held) > rank(link);
    const ends = link.kind === "ACCESS" && (held === null || rank(link) > rank(held));
    return this.parts.storage.access.admit(visitor.id, hashSecret(cookie), isLess ? held : link, { hash: hashSecret(before), ends });
  }

  /** Ends the access of a visitor's browser. Null for a cookie that is not known. */
  async leave(cookie: string): Promise<Left | null> {
    const { access } = this.parts.storage;
    const visitor = isSecret(cookie) ? await access.visitorOf(hashSecret(cookie)) : null;
    if (!visitor) return null;
    await access.dismiss(visitor.id);
    await this.parts.bus.publish("access", { type: "left", visitorId: visitor.id });
    return { visitorId: visitor.id, isUser: visitor.signIn !== null, linkId: visitor.link?.id ?? null };
  }

  /** The link of a lasting output with this name and secret; null for a secret that does not open it. */
  async outputOf(name: string, secret: string): Promise<LinkRecord | null> {
    const link = isSecret(secret) ? await this.parts.storage.access.linkOf(hashSecret(secret)) : null;
    return link?.kind === "OUTPUT" && link.output === name && isOpen(link, new Date()) ? link : null;
  }

  /** The group whose limits count for what an owner shared: all who came by the same link, else the owner alone. */
  async groupOf(ownerId: string): Promise<string> {
    return (await this.parts.storage.access.linkBehind(ownerId)) ?? ownerId;
  }
}

/** Links with more rights have a higher rank. */
function rank({ role }: LinkRecord): number {
  return role === null ? -1 : roles.indexOf(role);
}

function linkTo(target: LinkTarget, base: Omit<LinkRecord, "kind" | "role" | "sessionId" | "output" | "actsFor">): LinkRecord {
  const nothing = { role: null, sessionId: null, output: null, actsFor: null };
  switch (target.kind) {
    case "ACCESS":
      return { ...base, ...nothing, kind: "ACCESS", role: target.role };
    case "TOKEN":
      return { ...base, ...nothing, kind: "TOKEN", role: target.role, actsFor: target.replaces?.actsFor ?? base.id };
    case "SHARE":
      return { ...base, ...nothing, kind: "SHARE", sessionId: target.sessionId };
    case "OUTPUT":
      return { ...base, ...nothing, kind: "OUTPUT", output: target.output };
  }
}

/** Where a link leads on this server. The secret of an output is part of its address, because programs send nothing else. */
export function pathOf({ link, secret }: LinkWithSecret): string {
  return link.kind === "OUTPUT" ? `/live/out/${link.output}.mjpeg?key=${secret}` : `/open#${secret}`;
}
