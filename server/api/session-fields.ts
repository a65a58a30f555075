import type { GraphQLResolveInfo } from "graphql";
import { Arg, Ctx, FieldResolver, Info, Int, Resolver, Root } from "type-graphql";
import { AtelierError, badInput } from "../errors.js";
import type { ImageReference, Weighted } from "../records/changes.js";
import type { ImageRecord } from "../records/pictures.js";
import type { SessionRecord, StyleTransferRecord } from "../records/session.js";
import type { StyleTransferSettings as SettingsValue } from "../records/settings.js";
import type { PageRequest, StepRange } from "../storage/storage.js";
import { Export, exportOf } from "./exports.js";
import { Frame, FrameConnection, type FrameSource, frameCursors, frameSource, LossPoint } from "./frames.js";
import { Image } from "./images.js";
import { apiLimits } from "./limits.js";
import type { OperationContext } from "./operation.js";
import { afterArgument, type Connection, connection, firstArgument } from "./paging.js";
import { costOfEntry } from "./query-limits.js";
import { Session, StyleTransferSession } from "./session-types.js";
import { SettingsChange, StyleSource, StyleTransferSettings } from "./settings-types.js";

/** Points of a loss curve where a client names no number. */
const DEFAULT_POINTS = 500;

/** Fields of every kind of session that are not stored with it. */
@Resolver(() => Session)
export class SessionFieldsResolver {
  @FieldResolver(() => Int, {
    nullable: true,
    description:
      "Place in the order in which waiting sessions will begin, as far as it is known; 1 for the next. Owners take turns, so that\n" +
      "sessions of others that come later may go first. Null unless QUEUED.",
  })
  async queuePosition(@Root() session: SessionRecord, @Ctx() { queue }: OperationContext): Promise<number | null> {
    return session.status === "QUEUED" ? queue.position(session.id) : null;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      "Why no worker that is up can run the session, for people, such as that none has its model; null when it only waits for\n" +
      "its turn. Null unless QUEUED or RUNNING, and on a server that runs its sessions itself.",
  })
  waitingReason(@Root() session: SessionRecord, @Ctx() { waitingReason }: OperationContext): string | null {
    return session.status === "QUEUED" || session.status === "RUNNING" ? waitingReason(session) : null;
  }

  @FieldResolver(() => Int, { description: "Number of subscriptions that watch the session now, at the server that is asked." })
  viewers(@Root() session: SessionRecord, @Ctx() { broker }: OperationContext): number {
    return broker.viewersOf(session.id);
  }

  @FieldResolver(() => [Export], { description: "Films that show the session, oldest first, finished or in the making." })
  async exports(@Root() session: SessionRecord, @Ctx() { loaders, principal }: OperationContext): Promise<Export[]> {
    const films = (await loaders.films.load(session.id)) ?? [];
    // A film shows two sessions, and the other one may be nobody else's business.
    const seen = await Promise.all(
      films.map(async ({ ownerId, settings: { sessionId, besideId } }) => {
        const other = sessionId === session.id ? besideId : sessionId;
        return other === null || ownerId === principal.ownerId || (await loaders.sessions.load(other)) !== null;
      }),
    );
    return films.filter((_film, place) => seen[place]).map(exportOf);
  }

  @FieldResolver(() => Frame, { nullable: true, description: "Newest frame; null before the first one." })
  async latestFrame(@Root() session: SessionRecord, @Ctx() { frames, loaders }: OperationContext): Promise<FrameSource | null> {
    const latest = await loaders.latestFrames.load(session.id);
    return latest && frameSource(await frames.shared(latest), true);
  }

  @FieldResolver(() => FrameConnection, {
    description: "Kept frames, oldest first. A live translation has its recent ones until it ends.",
  })
  async frames(
    @Root() session: SessionRecord,
    @Arg("first", () => Int, firstArgument) first: number | null,
    @Arg("after", () => String, afterArgument) after: string | null | undefined,
    @Arg("fromStep", () => Int, { nullable: true, description: "First step, inclusive. At least 0; the first kept one by default." })
    fromStep: number | null | undefined,
    @Arg("toStep", () => Int, { nullable: true, description: "Last step, inclusive. At least fromStep; the last kept one by default." })
    toStep: number | null | undefined,
    @Ctx() { frames, loaders }: OperationContext,
  ): Promise<Connection<FrameSource>> {
    const range = stepRange(fromStep, toStep);
    const list = async (request: PageRequest<number>) => {
      const page = (await loaders.framePages(request, range).load(session.id)) ?? { rows: [], hasNextPage: false };
      const shared = await Promise.all(page.rows.map(frames.shared));
      return { ...page, rows: shared.map((frame) => frameSource(frame, true)) };
    };
    const count = async () => (await loaders.frameCounts(range).load(session.id)) ?? 0;
    return connection({ first, after }, frameCursors, list, ({ step }) => step, count);
  }
}

/** Fields of a style transfer that are not stored with it. */
@Resolver(() => StyleTransferSession)
export class StyleTransferFieldsResolver {
  @FieldResolver(() => Image, { description: "Picture whose shapes the painting keeps." })
  content(@Root() session: StyleTransferRecord, @Ctx() context: OperationContext): Promise<ImageRecord> {
    return imageOfSession(session.contentId, context);
  }

  @FieldResolver(() => [StyleSource], { description: "Styles that are in force now, with every change." })
  async styles(@Root() session: StyleTransferRecord, @Ctx() context: OperationContext): Promise<StyleSource[]> {
    return styleSources(session.styles, context);
  }

  @FieldResolver(() => StyleTransferSession, {
    nullable: true,
    description: "The session from which this one was branched; null when it is not a branch or its parent was deleted.",
  })
  async parent(@Root() { parentId }: StyleTransferRecord, @Ctx() { loaders }: OperationContext): Promise<SessionRecord | null> {
    return parentId === null ? null : loaders.sessions.load(parentId);
  }

  @FieldResolver(() => [StyleTransferSession], { description: "Sessions that were branched from this one, oldest first." })
  async branches(
    @Root() session: StyleTransferRecord,
    @Arg("first", () => Int, {
      nullable: true,
      defaultValue: apiLimits.maxPageSize,
      description: `Most branches to list. From 1 to ${apiLimits.maxPageSize}; ${apiLimits.maxPageSize} by default.`,
    })
    first: number | null,
    @Arg("skip", () => Int, {
      nullable: true,
      defaultValue: 0,
      description: "Branches to leave out at the beginning. At least 0; 0 by default.",
    })
    skip: number | null,
    @Ctx() { loaders }: OperationContext,
  ): Promise<SessionRecord[]> {
    const limit = apiLimits.maxPageSize;
    const [length, skipped] = [first ?? limit, skip ?? 0];
    if (length < 1 || length > limit)
      throw badInput("first", `first must be from 1 to ${limit}.`, limit, { min: 1, max: limit, unit: "entries" });
    if (skipped < 0) throw badInput("skip", "skip must be at least 0.", 0, { min: 0 });
    return (await loaders.branches(length, skipped).load(session.id)) ?? [];
  }

  @FieldResolver(() => [SettingsChange], { description: "Recorded changes in order. The settings include all of them." })
  async changes(
    @Root() session: StyleTransferRecord,
    @Ctx() context: OperationContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<InstanceType<typeof SettingsChange>[]> {
    const { loaders } = context;
    context.spend(((await loaders.changeCounts.load(session.id)) ?? 0) * costOfEntry(info));
    const recorded = (await loaders.changes.load(session.id)) ?? [];
    return Promise.all(
      recorded.map(async ({ step, createdAt, settings, styles }) => ({
        step,
        createdAt,
        ...settings,
        styles: styles && (await styleSources(styles, context)),
      })),
    );
  }

  @FieldResolver(() => StyleTransferSettings, {
    description: "Settings of step 0. Together with the changes they replay to the same pictures.",
  })
  initialSettings(@Root() session: StyleTransferRecord): SettingsValue {
    return session.initial.settings;
  }

  @FieldResolver(() => [StyleSource], { description: "Styles of step 0." })
  initialStyles(@Root() session: StyleTransferRecord, @Ctx() context: OperationContext): Promise<StyleSource[]> {
    return styleSources(session.initial.styles, context);
  }

  @FieldResolver(() => [LossPoint], { description: "The loss curve, thinned to at most `points` points. The ends and the extremes stay." })
  async losses(
    @Root() session: StyleTransferRecord,
    @Arg("fromStep", () => Int, { nullable: true, description: "First step, inclusive. At least 0; the first kept one by default." })
    fromStep: number | null | undefined,
    @Arg("toStep", () => Int, { nullable: true, description: "Last step, inclusive. At least fromStep; the last kept one by default." })
    toStep: number | null | undefined,
    @Arg("points", () => Int, {
      nullable: true,
      defaultValue: DEFAULT_POINTS,
      description: `Most points of the curve. From 2 to ${apiLimits.maxLossPoints}.`,
    })
    points: number | null,
    @Ctx() { loaders }: OperationContext,
  ): Promise<LossPoint[]> {
    const wanted = points ?? DEFAULT_POINTS;
    const limit = apiLimits.maxLossPoints;
    if (wanted < 2 || wanted > limit)
      throw badInput("points", `points must be from 2 to ${limit}.`, limit, { min: 2, max: limit, unit: "points" });
    const curve = (await loaders.lossCurves(stepRange(fromStep, toStep), wanted).load(session.id)) ?? [];
    return curve.flatMap(({ step, losses }) => (losses ? [{ step, ...losses }] : []));
  }
}

function styleSources(styles: readonly Weighted<ImageReference>[], context: OperationContext): Promise<StyleSource[]> {
  return Promise.all(styles.map(async ({ imageId, weight }) => ({ image: await imageOfSession(imageId, context), weight })));
}

/** An image that a session uses. @throws AtelierError NOT_FOUND. */
export async function imageOfSession(id: string, { loaders }: OperationContext): Promise<ImageRecord> {
  const image = await loaders.images.load(id);
  if (!image) throw new AtelierError("NOT_FOUND", "An image of this session no longer exists.");
  return image;
}

/**
 * A range of steps; a null means the same as leaving out.
 * @throws AtelierError BAD_INPUT for a negative step or a range that ends before it begins.
 */
function stepRange(fromStep: number | null | undefined, toStep: number | null | undefined): StepRange {
  for (const [field, step] of Object.entries({ fromStep, toStep })) {
    if ((step ?? 0) < 0) throw badInput(field, `${field} must be at least 0.`, 0, { min: 0 });
  }
  if (typeof fromStep === "number" && typeof toStep === "number" && toStep < fromStep) {
    throw badInput("toStep", `toStep must be at least fromStep, which is ${fromStep}.`, fromStep, { min: fromStep });
  }
  return { fromStep: fromStep ?? undefined, toStep: toStep ?? undefined };
}
