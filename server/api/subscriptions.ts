import { Arg, createUnionType, Field, Float, ID, Int, ObjectType, Resolver, Root, Subscription } from "type-graphql";
import type { SessionRecord } from "../records/session.js";
import { requireId } from "../sessions/requirements.js";
import type { ViewerCount } from "../sessions/watch/frame-broker.js";
import type { ViewerEvent } from "../sessions/watch/mailbox.js";
import type { ApiContext } from "./context.js";
import { Frame, type FrameSource, frameSource } from "./frames.js";
import { resolveFilter, SessionFilter } from "./session-filter.js";
import { Session } from "./session-types.js";

@ObjectType({ description: "Steps that this subscriber missed and that are no longer kept." })
export class FrameGap {
  @Field(() => Int)
  fromStep!: number;

  @Field(() => Int)
  toStep!: number;
}

@ObjectType({ description: "The session changed status or settings; also the first event of every subscription." })
export class SessionChange {
  @Field(() => Session)
  session!: SessionRecord;
}

type EventSource = FrameSource | FrameGap | SessionChange;

const SessionEvent = createUnionType({
  name: "SessionEvent",
  types: () => [Frame, FrameGap, SessionChange] as const,
  resolveType: (event: object) => ("session" in event ? "SessionChange" : "fromStep" in event ? "FrameGap" : "Frame"),
});

interface SessionArguments {
  id: string;
  afterStep?: number | null;
  maxFramesPerSecond?: number | null;
}

@Resolver()
export class SessionSubscription {
  @Subscription(() => SessionEvent, {
    description:
      "Everything that happens in one session. It begins with SessionChange, then the latest frame if\n" +
      "there is one. With afterStep, instead of the latest frame, all kept frames after that step come\n" +
      "in order and then the live ones, without a hole or a duplicate, so a client that lost its\n" +
      "connection misses nothing that is kept; FrameGap names what is not kept any more. A slow\n" +
      "subscriber gets the newest frame, never a growing queue; live frames it was too slow for are no\n" +
      "FrameGap. Ends after the session's last frame and last SessionChange; at once after these for a\n" +
      "finished session.",
    subscribe: ({ args, context }: { args: SessionArguments; context: ApiContext }) =>
      context.broker.watch(requireId("id", args.id), {
        afterStep: args.afterStep ?? null,
        maxFramesPerSecond: args.maxFramesPerSecond ?? null,
      }),
  })
  session(
    @Root() event: ViewerEvent,
    @Arg("id", () => ID) _id: string,
    @Arg("afterStep", () => Int, { nullable: true, description: "-1 for all frames." }) _afterStep: number | null,
    @Arg("maxFramesPerSecond", () => Float, { nullable: true, description: "Of live frames; replay is not slowed." })
    _maxFramesPerSecond: number | null,
    @Arg("inline", () => Boolean, { nullable: true, defaultValue: false, description: "Carry each image in Frame.data." })
    inline: boolean | null,
  ): EventSource {
    if (event.type === "changed") return { session: event.session };
    if (event.type === "gap") return { fromStep: event.fromStep, toStep: event.toStep };
    return frameSource(event.frame, inline ?? false);
  }
}

@Resolver()
export class ViewersSubscription {
  @Subscription(() => Int, {
    description: "How many watch a session, now and whenever somebody comes or goes; whoever counts is no viewer.",
    subscribe: ({ args, context }: { args: { id: string }; context: ApiContext }) => context.broker.watchViewers(requireId("id", args.id)),
  })
  viewers(@Root() { viewers }: ViewerCount, @Arg("id", () => ID) _id: string): number {
    return viewers;
  }
}

@Resolver()
export class SessionsSubscription {
  @Subscription(() => Session, {
    description: "Sessions as they are started and as they change status, for galleries and dashboards.",
    subscribe: ({ args, context }: { args: { filter?: SessionFilter | null }; context: ApiContext }) =>
      context.watchSessions(resolveFilter(args.filter)),
  })
  sessions(
    @Root() session: SessionRecord,
    @Arg("filter", () => SessionFilter, { nullable: true }) _filter: SessionFilter | null,
  ): SessionRecord {
    return session;
  }
}
