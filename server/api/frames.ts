import { Arg, Ctx, Field, FieldResolver, Float, ID, Int, ObjectType, Query, Resolver, Root } from "type-graphql";
import { isId } from "../records/id.js";
import type { FrameRecord } from "../records/pictures.js";
import type { SessionRecord } from "../records/session.js";
import { noSession } from "../sessions/requirements.js";
import type { SharedFrame } from "../sessions/watch/shared-frame.js";
import { IdArg } from "./declare.js";
import { LossTerm } from "./enums.js";
import type { OperationContext } from "./operation.js";
import { connectionType, cursorCodec } from "./paging.js";
import { Base64, DateTime } from "./scalars.js";
import { Session } from "./session-types.js";

@ObjectType({ description: "Loss of one layer within a term." })
export class LayerLoss {
  @Field(() => String, { description: "Name of the layer, such as conv4_2." })
  layer!: string;

  @Field(() => LossTerm, { description: "Term of J that the layer belongs to." })
  term!: LossTerm;

  @Field(() => Float, { description: "Unweighted value." })
  value!: number;
}

@ObjectType()
abstract class LossTerms {
  @Field(() => Float, { description: "J = alpha * content + beta * style + gamma * tv" })
  total!: number;

  @Field(() => Float, { description: "Content term: how far the picture's features are from those of the content." })
  content!: number;

  @Field(() => Float, { description: "Style term: how far the picture's feature statistics are from those of the styles." })
  style!: number;

  @Field(() => Float, { description: "Total variation: how much neighbouring pixels differ." })
  tv!: number;
}

@ObjectType({ description: "Losses of one picture. All but the total are without the weights alpha, beta and gamma." })
export class Losses extends LossTerms implements NonNullable<FrameRecord["losses"]> {
  @Field(() => [LayerLoss], { description: "Losses by layer." })
  layers!: LayerLoss[];
}

@ObjectType({ description: "One point of a loss curve." })
export class LossPoint extends LossTerms {
  @Field(() => Int, { description: "Step of the picture with these losses." })
  step!: number;
}

/** A frame, with access to its picture where the operation may ask for that. */
export type FrameSource = FrameRecord & { shared: SharedFrame | null };

@ObjectType({ description: "A picture of a session: one step of a painting, or a translated picture." })
export class Frame {
  @Field(() => ID, { description: "Session that the frame belongs to." })
  sessionId!: string;

  @Field(() => Int, {
    description:
      "Optimiser step counted from 0 (the starting image) over all scales, or number of the\n" +
      "translated frame. Frames of coarse scales have their own, smaller size; the last frame's\n" +
      "longer side is exactly the requested size.",
  })
  step!: number;

  @Field(() => Int, { description: "Width in pixels." })
  width!: number;

  @Field(() => Int, { description: "Height in pixels." })
  height!: number;

  @Field(() => String, { description: "Media type of the image: image/jpeg or image/png." })
  mimeType!: string;

  @Field(() => Int, { name: "bytes", description: "Size of the encoded image in bytes." })
  byteLength!: number;

  @Field(() => Losses, {
    nullable: true,
    description: "Losses of the picture shown; not comparable between scales. Null for translations.",
  })
  losses!: Losses | null;

  @Field(() => Float, { description: "Time to compute this step or translation in milliseconds, without encoding and transport." })
  computeMs!: number;

  @Field(() => DateTime, { description: "When the frame was computed." })
  createdAt!: Date;
}

@Resolver(() => Frame)
export class FrameResolver {
  @FieldResolver(() => ID, { description: "The session's id and the step: <sessionId>:<step>." })
  id(@Root() frame: FrameSource): string {
    return `${frame.sessionId}:${frame.step}`;
  }

  // Not nullable, as in SessionChange: one selection of the union SessionEvent may ask both for their session.
  @FieldResolver(() => Session, { description: "Session that the frame belongs to. NOT_FOUND when it was deleted meanwhile." })
  async session(@Root() { sessionId }: FrameSource, @Ctx() { loaders }: OperationContext): Promise<SessionRecord> {
    const session = await loaders.sessions.load(sessionId);
    if (!session) throw noSession();
    return session;
  }

  @Query(() => Frame, { nullable: true, description: "A frame of a session; null when there is none, or it is no longer kept." })
  async frame(
    @IdArg("sessionId") sessionId: string,
    @Arg("step", () => Int, { description: "Step of the frame. At least 0." }) step: number,
    @Ctx() { frames }: OperationContext,
  ): Promise<FrameSource | null> {
    const found = isId(sessionId) ? await frames.find(sessionId, step) : null;
    return found && frameSource(await frames.shared(found), true);
  }

  @FieldResolver(() => String, { description: "Path of the image on this server, beginning with /. Its content never changes." })
  url(@Root() frame: FrameSource): string {
    return `/frames/${frame.sessionId}/${frame.step}`;
  }

  @FieldResolver(() => Base64, { nullable: true, description: "The encoded image itself; null in a subscription without inline." })
  data(@Root() frame: FrameSource, @Ctx() { spendBytes }: OperationContext): Promise<string> | null {
    if (!frame.shared) return null;
    spendBytes(frame.shared.record.byteLength);
    return frame.shared.base64();
  }
}

export const FrameConnection = connectionType<FrameSource>("FrameConnection", () => Frame);

/** Cursors of frames: their steps. */
export const frameCursors = cursorCodec("frame", (text) => {
  const step = Number(text);
  return Number.isSafeInteger(step) && step >= 0 && step < 2 ** 31 ? step : null;
});

/** The source of a frame's fields. `withData` gives the operation access to the picture in `Frame.data`. */
export function frameSource(frame: SharedFrame, withData: boolean): FrameSource {
  return { ...frame.record, shared: withData ? frame : null };
}
