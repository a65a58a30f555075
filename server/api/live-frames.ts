import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from "type-graphql";
import { AtelierError } from "../errors.js";
import type { ImageRecord } from "../records/pictures.js";
import type { LiveReceipt } from "../sessions/live/channel.js";
import { MAX_LIVE_FRAME_BYTES } from "../sessions/live/frames.js";
import { requireId } from "../sessions/requirements.js";
import type { ApiContext } from "./context.js";
import { FrameReceiptStatus, type FrameReceiptStatusName } from "./enums.js";
import { Image } from "./images.js";
import { Base64 } from "./scalars.js";

/** Largest step: GraphQL's Int. */
const MAX_STEP = 2 ** 31 - 1;

@InputType()
export class FrameInput {
  @Field(() => ID)
  sessionId!: string;

  @Field(() => Int, { description: "Number that the client gives the frame; it comes back as Frame.step." })
  step!: number;

  @Field(() => Base64)
  data!: string;
}

@ObjectType()
export class FrameReceipt implements LiveReceipt {
  @Field(() => Int)
  step!: number;

  @Field(() => FrameReceiptStatus)
  status!: FrameReceiptStatusName;

  @Field(() => Int, { description: "How many more frames the client may have in flight now." })
  credit!: number;
}

@Resolver()
export class LiveFrameMutations {
  @Mutation(() => FrameReceipt, {
    description:
      "Sends one frame to a live translation. The answer comes when the frame's fate is known. A client\n" +
      "begins with credit 2 (one in work, one waiting); a frame beyond the credit replaces the waiting one.",
  })
  sendFrame(
    @Arg("input", () => FrameInput) { sessionId, step, data }: FrameInput,
    @Ctx() { liveFrames }: ApiContext,
  ): Promise<LiveReceipt> {
    if (step < 0) throw new AtelierError("BAD_INPUT", "step must be at least 0.", { field: "input.step", limit: 0 });
    return liveFrames.send({ sessionId: requireId("input.sessionId", sessionId), step, picture: decodeBase64(data) });
  }

  @Mutation(() => Image, { description: "Stores a kept frame, or a recent one of a live translation, as an image of its own." })
  keepFrame(
    @Arg("sessionId", () => ID) sessionId: string,
    @Arg("step", () => Int) step: number,
    @Ctx() { sessions }: ApiContext,
  ): Promise<ImageRecord> {
    if (step < 0) throw new AtelierError("BAD_INPUT", "step must be at least 0.", { field: "step", limit: `0 to ${MAX_STEP}` });
    return sessions.keepFrame(requireId("sessionId", sessionId), step);
  }
}

/** @throws AtelierError BAD_INPUT for text that is too long or no base64. */
function decodeBase64(text: string): Uint8Array {
  if (text.length > Math.ceil(MAX_LIVE_FRAME_BYTES / 3) * 4) {
    throw new AtelierError("BAD_INPUT", `A live frame may have at most ${MAX_LIVE_FRAME_BYTES} bytes.`, {
      field: "input.data",
      limit: MAX_LIVE_FRAME_BYTES,
    });
  }
  const bytes = Buffer.from(text, "base64");
  // Buffer passes over what is no base64, so that fewer bytes come of it.
  if (bytes.length !== Buffer.byteLength(text, "base64") || text.length % 4 !== 0) {
    throw new AtelierError("BAD_INPUT", "A live frame is base64 text.", { field: "input.data" });
  }
  return bytes;
}
