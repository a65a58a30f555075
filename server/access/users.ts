import { randomUUID } from "node:crypto";
import type { Bus } from "../bus/bus.js";
import { AtelierError, notFound } from "../errors.js";
import type { Role, UserRecord } from "../records/access.js";
import type { AccessStore } from "../storage/access.js";
import type { Identity } from "./identity.js";
import type { Links } from "./links.js";
import { hashSecret, newSecret } from "./secrets.js";

/** How long someone stays signed in, ms. Afterwards the identity provider is asked again, which may know them still. */
export const SIGN_IN_MS = 12 * 3600_000;

export interface UsersParts {
  access: AccessStore;
  bus: Bus;
  links: Pick<Links, "leave">;
  /** The role of those for whom the identity provider names none; null refuses them. */
  defaultRole: Role | null;
}

export interface SignedIn {
  user: UserRecord;
  secret: string;
}

/** Lets in people with accounts at an identity provider, and ends their access. */
export class Users {
  constructor(private readonly parts: UsersParts) {}

  /**
   * Lets a user in whom the identity provider has named. Each sign-in makes a new visitor, so that no secret that somebody
   * planted or saw before ever becomes the user's; the visitor whose cookie is `before` ends. `secret` is that of the new cookie.
   * @throws AtelierError FORBIDDEN for someone without a role, and for someone whose access was ended
   */
  async signIn({ issuer, subject, name, role: named }: Identity, before: string | null): Promise<SignedIn> {
    const { access, bus, links, defaultRole } = this.parts;
    const role = named ?? defaultRole;
    const known = await access.userOf(issuer, subject);
    if (role === null) {
      // What they had before is theirs no more either.
      if (known) await this.signOut(known.id);
      throw new AtelierError("FORBIDDEN", "Your account has no role on this server.", { field: "role" });
    }
    if (known?.accessEndedAt) throw new AtelierError("FORBIDDEN", "An admin of this server ended your access.");
    const lastSignInAt = new Date();
    const user = await access.saveUser({ id: randomUUID(), issuer, subject, name, role, lastSignInAt, accessEndedAt: null });
    if (known && known.role !== role) {
      // Their other devices connect again with the new role.
      for (const visitorId of await access.visitorsOfUser(user.id)) await bus.publish("access", { type: "admitted", visitorId });
    }
    if (before !== null) await links.leave(before);
    const secret = newSecret();
    const until = new Date(lastSignInAt.getTime() + SIGN_IN_MS);
    await access.addVisitor({ id: randomUUID(), createdAt: lastSignInAt }, hashSecret(secret), { user: user.id, until });
    return { user, secret };
  }

  /** Users, those who signed in last first: `first` of them after the first `skip`. */
  list(page: { first: number; skip: number }): Promise<UserRecord[]> {
    return this.parts.access.users(page);
  }

  /**
   * Ends the access of a user, at once and on every device, or lets them sign in again. What they made stays theirs.
   * @throws AtelierError NOT_FOUND
   */
  async setAccess(id: string, allowed: boolean): Promise<UserRecord> {
    const user = await this.parts.access.setAccessEnd(id, allowed ? null : new Date());
    if (!user) throw notFound("id", "There is no such user.");
    if (!allowed) await this.signOut(id);
    return user;
  }

  private async signOut(userId: string): Promise<void> {
    const { access, bus } = this.parts;
    for (const visitorId of await access.visitorsOfUser(userId)) {
      await access.dismiss(visitorId);
      await bus.publish("access", { type: "left", visitorId });
    }
  }
}
