import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from "type-graphql";
import { badInput, outOfRange } from "../errors.js";
import { anyStep, type ImageRecord } from "../records/pictures.js";
import type { LiveReceipt } from "../sessions/live/channel.js";
import { MAX_LIVE_FRAME_BYTES } from "../sessions/live/frames.js";
import { requireId } from "../sessions/requirements.js";
import type { ApiContext } from "./context.js";
import { IdArg } from "./declare.js";
import { FrameReceiptStatus } from "./enums.js";
import { Image } from "./images.js";
import { Base64 } from "./scalars.js";

@InputType({ description: "A frame for a live translation." })
export class FrameInput {
  @Field(() => ID, { description: "A live translation that is QUEUED or RUNNING." })
  sessionId!: string;

  @Field(() => Int, {
    description: "Number that the client gives the frame, at least 0 and higher than the last; it comes back as Frame.step.",
  })
  step!: number;

  @Field(() => Base64, { description: `A JPEG, PNG or WebP picture of at most ${MAX_LIVE_FRAME_BYTES} bytes.` })
  data!: string;
}

@ObjectType({ description: "What became of a frame that a client sent." })
export class FrameReceipt implements LiveReceipt {
  @Field(() => Int, { description: "Number that the client gave the frame." })
  step!: number;

  @Field(() => FrameReceiptStatus, { description: "The fate of the frame." })
  status!: FrameReceiptStatus;

  @Field(() => Int, { description: "How many more frames the client may have in flight now." })
  credit!: number;
}

@Resolver()
export class LiveFrameMutations {
  @Mutation(() => FrameReceipt, {
    description:
      "Sends one frame to a live translation. Returns when the frame's fate is known. A client begins with\n" +
      "credit 2 (one frame in work, one waiting); a frame beyond the credit replaces the waiting one. A frame that no worker\n" +
      "takes within `liveFrameMs` is dropped with UNAVAILABLE; the session goes on with later frames when a worker is free.\n" +
      "While a device opens the model, a frame may wait for `liveOpeningMs`.",
  })
  async sendFrame(
    @Arg("input", () => FrameInput, { description: "The frame." }) { sessionId, step, data }: FrameInput,
    @Ctx() { liveFrames, allowances, principal }: ApiContext,
  ): Promise<LiveReceipt> {
    if (step < 0) throw outOfRange("input.step", anyStep);
    await allowances.spend("framesPerSecond", principal, null);
    return liveFrames.send({ sessionId: requireId("input.sessionId", sessionId), step, picture: decodeBase64(data) });
  }

  @Mutation(() => Image, { description: "Stores a kept frame, or a recent one of a live translation, as an image of its own." })
  keepFrame(
    @IdArg("sessionId") sessionId: string,
    @Arg("step", () => Int, { description: "Step of a kept frame. At least 0." }) step: number,
    @Ctx() { sessions }: ApiContext,
  ): Promise<ImageRecord> {
    if (step < 0) throw outOfRange("step", anyStep);
    return sessions.keepFrame(requireId("sessionId", sessionId), step);
  }
}

/** @throws AtelierError BAD_INPUT for text that is too long or not base64. */
function decodeBase64(text: string): Uint8Array {
  const limit = MAX_LIVE_FRAME_BYTES;
  if (text.length > Math.ceil(limit / 3) * 4)
    throw badInput("input.data", `A live frame may have at most ${limit} bytes.`, limit, { max: limit, unit: "bytes" });
  const bytes = Buffer.from(text, "base64");
  // Buffer skips characters that are not base64, which makes the result shorter.
  if (bytes.length !== Buffer.byteLength(text, "base64") || text.length % 4 !== 0) {
    throw badInput("input.data", "A live frame must be base64 text.");
  }
  return bytes;
}
