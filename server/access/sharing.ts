import { type Bus, publishChange } from "../bus/bus.js";
import { AtelierError, conflict, notFound } from "../errors.js";
import type { Approval, Visibility } from "../records/access.js";
import type { ImageRecord } from "../records/pictures.js";
import { isLive, type SessionRecord } from "../records/session.js";
import type { Storage } from "../storage/storage.js";
import type { Links, LinkWithSecret, NewLink } from "./links.js";
import type { Principal } from "./principal.js";

export interface SharingParts {
  storage: Pick<Storage, "sessions" | "images">;
  bus: Bus;
  links: Pick<Links, "create">;
  /** Whether an admin must approve what others share. */
  requiresApproval: boolean;
}

/** Who decides: admins approve by what they do. */
type Actor = Pick<Principal, "role">;

/** Decides who may see sessions and pictures besides their owners. */
export class Sharing {
  constructor(private readonly parts: SharingParts) {}

  /**
   * A link to a session, which everyone who opens it may see from now on, once it is approved where that is required. A
   * session that is PRIVATE becomes LINK.
   * @throws AtelierError FORBIDDEN for a live translation where an admin must approve what others share
   */
  async share(session: SessionRecord, link: NewLink, actor: Actor): Promise<LinkWithSecret> {
    this.requireReviewable(session, "sessionId", actor);
    // Whoever made it, it is the business of the session's owner.
    const shared = await this.parts.links.create({ ...link, ownerId: session.ownerId }, { kind: "SHARE", sessionId: session.id });
    if (session.visibility === "PRIVATE") await this.setVisibility(session.id, "LINK", actor);
    return shared;
  }

  /**
   * Decides who may see a session besides its owner. Links to a session that is PRIVATE open nothing. Where approval is
   * required, others see what an artist shares once an admin approved it; what an admin shares is approved.
   * @throws AtelierError NOT_FOUND; FORBIDDEN for a live translation where an admin must approve what others share
   */
  async setVisibility(sessionId: string, visibility: Visibility, actor: Actor): Promise<SessionRecord> {
    const { sessions } = this.parts.storage;
    const before = await sessions.find(sessionId);
    if (before && visibility !== "PRIVATE") this.requireReviewable(before, "visibility", actor);
    const approvalOf = (approval: Approval | null) => this.approvalOf(approval, visibility, actor);
    return this.changed(await sessions.setVisibility(sessionId, visibility, approvalOf), before);
  }

  /**
   * An admin's decision whether others may see a session, which holds until the next one. A refusal ends their
   * subscriptions and streams. With a `revision`, the decision is about the session as it was then.
   * @throws AtelierError NOT_FOUND; CONFLICT (`revision`) for a session that has changed since
   */
  async review(sessionId: string, isApproved: boolean, revision: number | null): Promise<SessionRecord> {
    const { sessions } = this.parts.storage;
    const before = await sessions.find(sessionId);
    const decision = { approval: isApproved ? "APPROVED" : "REFUSED" } as const;
    const reviewed = await sessions.update(sessionId, decision, undefined, revision === null ? {} : { revision });
    if (!reviewed && (await sessions.find(sessionId))) {
      throw conflict("revision", "The session has changed since; look at it again.");
    }
    return this.changed(reviewed, before);
  }

  /**
   * Decides who may see a picture by its id, which is in links to a set-up.
   * @throws AtelierError NOT_FOUND; FORBIDDEN where an admin must approve what others share: nobody reviews pictures.
   */
  async setImageVisibility(id: string, visibility: Visibility, { role }: Actor): Promise<ImageRecord> {
    if (this.parts.requiresApproval && role !== "ADMIN" && visibility !== "PRIVATE") {
      throw new AtelierError("FORBIDDEN", "On this server only admins share pictures.", { field: "visibility" });
    }
    const image = await this.parts.storage.images.setVisibility(id, visibility);
    if (!image) throw notFound("id", "There is no such image.");
    return image;
  }

  /** What a camera will show later cannot be reviewed now. */
  private requireReviewable(session: SessionRecord, field: string, { role }: Actor): void {
    if (!this.parts.requiresApproval || role === "ADMIN" || !isLive(session)) return;
    throw new AtelierError("FORBIDDEN", "On this server only admins share live translations.", { field });
  }

  private approvalOf(approval: Approval | null, visibility: Visibility, { role }: Actor): Approval | null {
    // What is shared no more waits for nothing.
    if (visibility === "PRIVATE") return approval === "PENDING" ? null : approval;
    if (role === "ADMIN") return approval === null && !this.parts.requiresApproval ? null : "APPROVED";
    return approval === null && this.parts.requiresApproval ? "PENDING" : approval;
  }

  /** Tells everyone of a change. @throws AtelierError NOT_FOUND where there was no session to change */
  private async changed(session: SessionRecord | null, before: SessionRecord | null): Promise<SessionRecord> {
    if (!session) throw notFound("sessionId", "There is no such session.");
    await publishChange(this.parts.bus, session, before);
    return session;
  }
}
