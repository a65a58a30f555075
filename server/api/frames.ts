import { Field, FieldResolver, Float, ID, Int, ObjectType, Resolver, Root } from "type-graphql";
import type { FrameRecord } from "../records/pictures.js";
import type { SharedFrame } from "../sessions/watch/shared-frame.js";
import { LossTerm } from "./enums.js";
import { type Connection, cursorCodec, PageInfo } from "./paging.js";
import { Base64, DateTime } from "./scalars.js";

@ObjectType()
export class LayerLoss {
  @Field(() => String)
  layer!: string;

  @Field(() => LossTerm)
  term!: LossTerm;

  @Field(() => Float, { description: "Unweighted value." })
  value!: number;
}

@ObjectType()
export class Losses implements NonNullable<FrameRecord["losses"]> {
  @Field(() => Float, { description: "J = alpha * content + beta * style + gamma * tv" })
  total!: number;

  @Field(() => Float)
  content!: number;

  @Field(() => Float)
  style!: number;

  @Field(() => Float)
  tv!: number;

  @Field(() => [LayerLoss])
  layers!: LayerLoss[];
}

@ObjectType()
export class LossPoint {
  @Field(() => Int)
  step!: number;

  @Field(() => Float)
  total!: number;

  @Field(() => Float)
  content!: number;

  @Field(() => Float)
  style!: number;

  @Field(() => Float)
  tv!: number;
}

/** A frame, with access to its picture where the operation may ask for that. */
export type FrameSource = FrameRecord & { shared: SharedFrame | null };

@ObjectType()
export class Frame {
  @Field(() => ID)
  sessionId!: string;

  @Field(() => Int, {
    description:
      "Optimiser step counted from 0 (the starting image) over all scales, or number of the\n" +
      "translated frame. Frames of coarse scales have their own, smaller size; the last frame's\n" +
      "longer side is exactly the size that was asked for.",
  })
  step!: number;

  @Field(() => Int)
  width!: number;

  @Field(() => Int)
  height!: number;

  @Field(() => String)
  mimeType!: string;

  @Field(() => Int)
  bytes!: number;

  @Field(() => Losses, {
    nullable: true,
    description: "Losses of the picture shown; not comparable between scales. Null for translations.",
  })
  losses!: Losses | null;

  @Field(() => Float, { description: "Compute time of this step or inference, without encoding and transport." })
  computeMs!: number;

  @Field(() => DateTime)
  createdAt!: Date;
}

@Resolver(() => Frame)
export class FrameResolver {
  @FieldResolver(() => ID)
  id(@Root() frame: FrameSource): string {
    return `${frame.sessionId}:${frame.step}`;
  }

  @FieldResolver(() => String, { description: "Immutable path on this server, beginning with /." })
  url(@Root() frame: FrameSource): string {
    return `/frames/${frame.sessionId}/${frame.step}`;
  }

  @FieldResolver(() => Base64, { nullable: true, description: "The encoded image itself, where the operation asked for it." })
  data(@Root() frame: FrameSource): Promise<string> | null {
    return frame.shared?.base64() ?? null;
  }
}

@ObjectType()
export class FrameEdge {
  @Field(() => String)
  cursor!: string;

  @Field(() => Frame)
  node!: FrameSource;
}

@ObjectType()
export class FrameConnection implements Connection<FrameSource> {
  @Field(() => [FrameEdge])
  edges!: FrameEdge[];

  @Field(() => PageInfo)
  pageInfo!: PageInfo;

  @Field(() => Int)
  totalCount!: number;
}

/** Cursors of frames: their steps. */
export const frameCursors = cursorCodec("frame", (text) => {
  const step = Number(text);
  return Number.isSafeInteger(step) && step >= 0 && step < 2 ** 31 ? step : null;
});

/** The source of a frame's fields. `withData` gives the operation access to the picture in `Frame.data`. */
export function frameSource(frame: SharedFrame, withData: boolean): FrameSource {
  return { ...frame.record, shared: withData ? frame : null };
}
