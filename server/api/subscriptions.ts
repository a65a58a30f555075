import { Arg, createUnionType, Field, Float, ID, Int, ObjectType, Resolver, Root, Subscription } from "type-graphql";
import type { SessionRecord } from "../records/session.js";
import type { ReadinessEvent } from "../sessions/readiness.js";
import { requireId } from "../sessions/requirements.js";
import { requireOutputName } from "../sessions/start-input.js";
import type { ViewerCount } from "../sessions/watch/frame-broker.js";
import type { ViewerEvent } from "../sessions/watch/mailbox.js";
import type { OutputEvent } from "../sessions/watch/output-viewer.js";
import { type ApiContext, ownerOf } from "./context.js";
import { IdArg } from "./declare.js";
import { Frame, type FrameSource, frameSource } from "./frames.js";
import { resolveFilter, SessionFilter } from "./session-filter.js";
import { Session } from "./session-types.js";

@ObjectType({ description: "Steps that this subscriber missed and that are no longer kept." })
export class FrameGap {
  @Field(() => Int, { description: "First missing step." })
  fromStep!: number;

  @Field(() => Int, { description: "Last missing step." })
  toStep!: number;
}

@ObjectType({ description: "The status, settings or title of the session changed. Also the first event of every subscription." })
export class SessionChange {
  @Field(() => Session, { description: "The session after the change." })
  session!: SessionRecord;
}

type EventSource = FrameSource | FrameGap | SessionChange;

const SessionEvent = createUnionType({
  name: "SessionEvent",
  description: "An event of a session.",
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
      "Everything that happens in one session: a SessionChange, the latest frame if there is one, then live events. With\n" +
      "afterStep, all kept frames after that step come in order in place of the latest frame, and then the live ones, without\n" +
      "a gap or a duplicate, so that a client that lost its connection misses nothing that is kept. A FrameGap names steps\n" +
      "that are no longer kept. A slow subscriber gets the newest frame, never a growing queue; live frames that it misses\n" +
      "are not a FrameGap. Ends after the session's last frame and last SessionChange, which come at once for a session that\n" +
      "has ended.",
    subscribe: ({ args, context }: { args: SessionArguments; context: ApiContext }) =>
      context.broker.watch(requireId("id", args.id), {
        afterStep: args.afterStep ?? null,
        maxFramesPerSecond: args.maxFramesPerSecond ?? null,
      }),
  })
  session(
    @Root() event: ViewerEvent,
    @IdArg("id") _id: string,
    @Arg("afterStep", () => Int, {
      nullable: true,
      description: "Step after which the replay begins; -1 for all frames. Without it there is no replay.",
    })
    _afterStep: number | null,
    @Arg("maxFramesPerSecond", () => Float, {
      nullable: true,
      description: "Highest rate of live frames. Greater than 0, at most 1000; no limit by default. A replay is not limited.",
    })
    _maxFramesPerSecond: number | null,
    @Arg("inline", () => Boolean, { nullable: true, defaultValue: false, description: "Whether Frame.data holds the image." })
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
    description: "Number of subscriptions that watch a session at this server, now and after each change. This one does not count.",
    subscribe: ({ args, context }: { args: { id: string }; context: ApiContext }) => context.broker.watchViewers(requireId("id", args.id)),
  })
  viewers(@Root() { viewers }: ViewerCount, @IdArg("id") _id: string): number {
    return viewers;
  }
}

@Resolver()
export class SessionsSubscription {
  @Subscription(() => Session, {
    description: "Sessions that pass the filter, as they start and change, for galleries and dashboards.",
    subscribe: ({ args, context }: { args: { filter?: SessionFilter | null }; context: ApiContext }) =>
      context.watchSessions(resolveFilter(args.filter, context)),
  })
  sessions(
    @Root() session: SessionRecord,
    @Arg("filter", () => SessionFilter, { nullable: true, description: "Conditions that the sessions meet; all sessions by default." })
    _filter: SessionFilter | null,
  ): SessionRecord {
    return session;
  }
}

@Resolver()
export class RemovalsSubscription {
  @Subscription(() => ID, {
    description:
      "Ids of sessions as they are deleted, and as they are hidden from this client, which could see them before: their owner\n" +
      "made them PRIVATE, or an admin's approval was taken back. For galleries and for pages that show one. A share link that is\n" +
      "revoked ends the connection of who opened it instead.",
    subscribe: ({ context }: { context: ApiContext }) => context.watchRemovals(),
  })
  sessionRemovals(@Root() { id }: { id: string }): string {
    return id;
  }
}

@ObjectType({ description: "Whether sessions can run at a server, and what they make can be stored." })
export class ServerReadiness {
  @Field(() => String, {
    nullable: true,
    description:
      "What is in the way, such as that the database cannot be reached; null for a server that is ready. Admins get the reason\n" +
      "in full, others its kind.",
  })
  obstacle!: string | null;
}

@Resolver()
export class ReadinessSubscription {
  @Subscription(() => ServerReadiness, {
    description:
      "Whether this server is ready, as it is, then as it changes, which is noticed within some seconds. While it is not, other\n" +
      "subscriptions go on, and may be silent. Never ends by itself.",
    subscribe: ({ context }: { context: ApiContext }) => context.watchReadiness(),
  })
  readiness(@Root() { obstacle }: ReadinessEvent): ServerReadiness {
    return { obstacle };
  }
}

@Resolver()
export class OutputSubscription {
  @Subscription(() => Frame, {
    nullable: true,
    description:
      "The pictures of a lasting output of one's own: those of the newest translation started with this name, and of each later\n" +
      "one. Begins with the picture that the output holds, if there is one. A name that was not used so far waits. null takes\n" +
      "the picture away, because its session was deleted. A slow subscriber gets the newest picture. Never ends by itself.",
    subscribe: ({ args, context }: { args: { name: string; maxFramesPerSecond?: number | null }; context: ApiContext }) =>
      context.watchOutput(
        { name: requireOutputName("name", args.name), ownerId: ownerOf(context.principal) },
        args.maxFramesPerSecond ?? null,
      ),
  })
  liveOutput(
    @Root() { frame }: OutputEvent,
    @Arg("name", () => String, { description: "Name of the output. 1 to 48 small letters, digits, hyphens and underscores." })
    _name: string,
    @Arg("maxFramesPerSecond", () => Float, {
      nullable: true,
      description: "Highest rate of pictures. Greater than 0, at most 1000; no limit by default.",
    })
    _maxFramesPerSecond: number | null,
    @Arg("inline", () => Boolean, { nullable: true, defaultValue: false, description: "Whether Frame.data holds the image." })
    inline: boolean | null,
  ): FrameSource | null {
    return frame && frameSource(frame, inline ?? false);
  }
}
