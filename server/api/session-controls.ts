import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { ChangeInput } from "../records/changes.js";
import type { SessionRecord } from "../records/session.js";
import { requireId } from "../sessions/requirements.js";
import type { ApiContext } from "./context.js";
import { Session, StyleTransferSession } from "./session-types.js";
import { SteerInput } from "./settings-types.js";

/** Mutations of a session that has not ended. */
@Resolver()
export class SessionControlMutations {
  @Mutation(() => StyleTransferSession, {
    description:
      "Changes settings or styles from the next step on, also of a session that waits or is PAUSED. CONFLICT for a finished one.",
  })
  steer(
    @Arg("sessionId", () => ID) sessionId: string,
    @Arg("changes", () => SteerInput) changes: ChangeInput,
    @Ctx() { controls }: ApiContext,
  ): Promise<SessionRecord> {
    return controls.steer(requireId("sessionId", sessionId), changes);
  }

  @Mutation(() => Session, { description: "Answers PAUSED at once; at most the step in work still arrives." })
  pauseSession(@Arg("sessionId", () => ID) sessionId: string, @Ctx() { controls }: ApiContext): Promise<SessionRecord> {
    return controls.pause(requireId("sessionId", sessionId));
  }

  @Mutation(() => Session, { description: "Lines a PAUSED session up again; it goes on from its exact state." })
  resumeSession(@Arg("sessionId", () => ID) sessionId: string, @Ctx() { controls }: ApiContext): Promise<SessionRecord> {
    return controls.resume(requireId("sessionId", sessionId));
  }

  @Mutation(() => Session, { description: "Ends a session that waits, runs or is paused; its frames stay. CONFLICT for a finished one." })
  cancelSession(@Arg("sessionId", () => ID) sessionId: string, @Ctx() { controls }: ApiContext): Promise<SessionRecord> {
    return controls.cancel(requireId("sessionId", sessionId));
  }
}
