import { Arg, Ctx, Int, Mutation, Resolver } from "type-graphql";
import type { ImageRecord } from "../records/pictures.js";
import type { SessionRecord } from "../records/session.js";
import { requireId } from "../sessions/requirements.js";
import type { ApiContext } from "./context.js";
import { IdArg } from "./declare.js";
import { Visibility } from "./enums.js";
import { Image } from "./images.js";
import { Session } from "./session-types.js";

/** Decides who may see sessions and pictures besides their owners. */
@Resolver()
export class SharingResolver {
  @Mutation(() => Session, {
    description:
      "Decides who may see a session besides its owner and admins. Links to a PRIVATE session open nothing. Where approval is\n" +
      "required, others see it once an admin approved it, and only admins share live translations (FORBIDDEN).",
  })
  setVisibility(
    @IdArg("sessionId") sessionId: string,
    @Arg("visibility", () => Visibility, { description: "Who may see it." }) visibility: Visibility,
    @Ctx() { sharing, principal }: ApiContext,
  ): Promise<SessionRecord> {
    return sharing.setVisibility(requireId("sessionId", sessionId), visibility, principal);
  }

  @Mutation(() => Session, {
    description:
      "Decides whether others than its owner and admins may see a session, as far as its visibility allows. The decision holds\n" +
      "until the next one; a refusal ends their subscriptions and streams at once. CONFLICT for a session that has changed since the\n" +
      "given revision.",
  })
  reviewSession(
    @IdArg("sessionId") sessionId: string,
    @Arg("approve", () => Boolean, { description: "True approves, false refuses." }) approve: boolean,
    @Arg("revision", () => Int, { nullable: true, description: "The session's revision that the decision is about; any without it." })
    revision: number | null,
    @Ctx() { sharing }: ApiContext,
  ): Promise<SessionRecord> {
    return sharing.review(requireId("sessionId", sessionId), approve, revision ?? null);
  }

  @Mutation(() => Image, {
    description:
      "Decides who may see a picture by its id besides its owner, admins and those who see a session that uses it: with LINK\n" +
      "everyone with a role, so that a link to a set-up works for them. Lists stay as they are. FORBIDDEN for artists where\n" +
      "approval is required.",
  })
  setImageVisibility(
    @IdArg("id", "picture") id: string,
    @Arg("visibility", () => Visibility, { description: "Who may see it." }) visibility: Visibility,
    @Ctx() { sharing, principal }: ApiContext,
  ): Promise<ImageRecord> {
    return sharing.setImageVisibility(requireId("id", id), visibility, principal);
  }
}
