import { Arg, Ctx, Int, Mutation, Resolver } from "type-graphql";
import type { ChangeInput } from "../records/changes.js";
import type { SessionRecord } from "../records/session.js";
import { requireId } from "../sessions/requirements.js";
import type { ApiContext } from "./context.js";
import { IdArg } from "./declare.js";
import { Session, StyleTransferSession } from "./session-types.js";
import { SteerInput } from "./settings-types.js";

/** Mutations of a session that has not ended. */
@Resolver()
export class SessionControlMutations {
  @Mutation(() => StyleTransferSession, {
    description:
      "Changes settings or styles from the next step on, also of a QUEUED or PAUSED session. CONFLICT for a session\nthat has ended.",
  })
  steer(
    @IdArg("sessionId") sessionId: string,
    @Arg("changes", () => SteerInput, { description: "New values; what is left out stays as it is." }) changes: ChangeInput,
    @Ctx() { controls, storage, requiresApproval, principal }: ApiContext,
  ): Promise<SessionRecord> {
    const needsApproval = requiresApproval && principal.role !== "ADMIN";
    return controls.steer(requireId("sessionId", sessionId), changes, storage.images, needsApproval);
  }

  @Mutation(() => Session, {
    description:
      "Sets a session PAUSED at once; at most the step in work still arrives. CONFLICT for a live translation, and for a\n" +
      "session that is PAUSED or has ended.",
  })
  pauseSession(@IdArg("sessionId") sessionId: string, @Ctx() { controls }: ApiContext): Promise<SessionRecord> {
    return controls.pause(requireId("sessionId", sessionId));
  }

  @Mutation(() => Session, {
    description: "Queues a PAUSED session again; it continues from its exact state. CONFLICT for a session that is not PAUSED.",
  })
  resumeSession(@IdArg("sessionId") sessionId: string, @Ctx() { controls, principal }: ApiContext): Promise<SessionRecord> {
    return controls.resume(requireId("sessionId", sessionId), principal);
  }

  @Mutation(() => Session, {
    description:
      "Gives a waiting session another place among those of its owner, as near to `position` as that comes: between owners the queue\n" +
      "stays fair. CONFLICT for one that does not wait for a device.",
  })
  moveInQueue(
    @IdArg("sessionId") sessionId: string,
    @Arg("position", () => Int, { description: "At least 1, the next session; a position beyond the end means last." }) position: number,
    @Ctx() { queueOrder }: ApiContext,
  ): Promise<SessionRecord> {
    return queueOrder.move(requireId("sessionId", sessionId), position);
  }

  @Mutation(() => Session, { description: "Ends a session; its frames stay. CONFLICT for a session that has ended." })
  cancelSession(@IdArg("sessionId") sessionId: string, @Ctx() { controls }: ApiContext): Promise<SessionRecord> {
    return controls.cancel(requireId("sessionId", sessionId));
  }

  @Mutation(() => Session, {
    description:
      "Ends a live translation as COMPLETED, its normal end; its last picture stays. CONFLICT for another kind of session and\n" +
      "for one that has ended.",
  })
  endSession(@IdArg("sessionId") sessionId: string, @Ctx() { controls }: ApiContext): Promise<SessionRecord> {
    return controls.complete(requireId("sessionId", sessionId));
  }
}
