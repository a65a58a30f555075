import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from "type-graphql";
import { AtelierError } from "../errors.js";
import type { ImageRecord, SessionRecord, StyleTransferRecord } from "../sessions/session.js";
import type { ApiContext } from "./context.js";
import { Frame, FrameConnection, type FrameSource, frameCursors, keptFrame, LossPoint } from "./frames.js";
import { Image } from "./images.js";
import { apiLimits } from "./limits.js";
import { type Connection, connection, pageRequest } from "./paging.js";
import { Session, StyleTransferSession } from "./session-types.js";
import { StyleSource } from "./style-transfer-types.js";

/** Fields of every kind of session that are not stored with it. */
@Resolver(() => Session)
export class SessionFieldsResolver {
  @FieldResolver(() => Int, { nullable: true, description: "1 is next; null unless QUEUED." })
  async queuePosition(@Root() session: SessionRecord, @Ctx() { queue }: ApiContext): Promise<number | null> {
    return session.status === "QUEUED" ? queue.position(session.id) : null;
  }

  @FieldResolver(() => Frame, { nullable: true })
  async latestFrame(@Root() session: SessionRecord, @Ctx() context: ApiContext): Promise<FrameSource | null> {
    const latest = await context.storage.frames.latest(session.id);
    return latest && keptFrame(latest, context);
  }

  @FieldResolver(() => FrameConnection, {
    description: "Kept frames, oldest first; fromStep and toStep are inclusive; first is 1 to 100.",
  })
  async frames(
    @Root() session: SessionRecord,
    @Arg("first", () => Int, { nullable: true, defaultValue: 20 }) first: number | null,
    @Arg("after", () => String, { nullable: true }) after: string | null | undefined,
    @Arg("fromStep", () => Int, { nullable: true }) fromStep: number | null | undefined,
    @Arg("toStep", () => Int, { nullable: true }) toStep: number | null | undefined,
    @Ctx() context: ApiContext,
  ): Promise<Connection<FrameSource>> {
    const request = pageRequest(first, after ?? null, frameCursors);
    const page = await context.storage.frames.list(session.id, request, stepRange(fromStep, toStep));
    return connection(
      page,
      request,
      frameCursors,
      (frame) => frame.step,
      (frame) => keptFrame(frame, context),
    );
  }
}

/** Fields of a style transfer that are not stored with it. */
@Resolver(() => StyleTransferSession)
export class StyleTransferFieldsResolver {
  @FieldResolver(() => Image)
  content(@Root() session: StyleTransferRecord, @Ctx() context: ApiContext): Promise<ImageRecord> {
    return requireImage(session.contentId, context);
  }

  @FieldResolver(() => [StyleSource])
  async styles(@Root() session: StyleTransferRecord, @Ctx() context: ApiContext): Promise<StyleSource[]> {
    return Promise.all(session.styles.map(async ({ imageId, weight }) => ({ image: await requireImage(imageId, context), weight })));
  }

  @FieldResolver(() => [LossPoint], { description: "The loss curve, thinned to at most `points` values." })
  async losses(
    @Root() session: StyleTransferRecord,
    @Arg("fromStep", () => Int, { nullable: true }) fromStep: number | null | undefined,
    @Arg("toStep", () => Int, { nullable: true }) toStep: number | null | undefined,
    @Arg("points", () => Int, { nullable: true, defaultValue: 500 }) points: number | null,
    @Ctx() { storage }: ApiContext,
  ): Promise<LossPoint[]> {
    const wanted = points ?? 500;
    const limit = apiLimits.maxLossPoints;
    if (wanted < 2 || wanted > limit) {
      throw new AtelierError("BAD_INPUT", `points must be from 2 to ${limit}.`, { field: "points", limit });
    }
    const curve = await storage.frames.losses(session.id, stepRange(fromStep, toStep), wanted);
    return curve.flatMap(({ step, losses }) => (losses ? [{ step, ...losses }] : []));
  }
}

async function requireImage(id: string, { storage }: ApiContext): Promise<ImageRecord> {
  const image = await storage.images.find(id);
  if (!image) throw new AtelierError("NOT_FOUND", "An image of this session is gone.");
  return image;
}

function stepRange(fromStep: number | null | undefined, toStep: number | null | undefined): { fromStep?: number; toStep?: number } {
  return { fromStep: fromStep ?? undefined, toStep: toStep ?? undefined };
}
