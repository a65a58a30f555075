import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import { badInput } from "../errors.js";
import type { ChangeInput } from "../records/changes.js";
import { isId } from "../records/id.js";
import type { ImageRecord } from "../records/pictures.js";
import type { SessionRecord } from "../records/session.js";
import { lifetime, MAX_NOTE_LENGTH, styleTransferLimits } from "../records/settings.js";
import { requireId } from "../sessions/requirements.js";
import type { StyleTransferInput as StartInput } from "../sessions/start-input.js";
import { MAX_TRACE_LENGTH } from "../sessions/trace/read.js";
import type { ApiContext } from "./context.js";
import { IdArg, rangeText } from "./declare.js";
import { SessionOrder } from "./enums.js";
import { Image } from "./images.js";
import { apiLimits } from "./limits.js";
import type { OperationContext } from "./operation.js";
import { afterArgument, type Connection, connection, firstArgument } from "./paging.js";
import { resolveFilter, SessionFilter } from "./session-filter.js";
import { Session, SessionConnection, StyleTransferSession, sessionCursors, TranslationSession } from "./session-types.js";
import { SteerInput, StyleTransferInput } from "./settings-types.js";
import { TranslationInput } from "./translations.js";

@Resolver()
export class SessionQueries {
  @Query(() => Session, { nullable: true, description: "The session with this id; null when there is none." })
  async session(@IdArg("id") id: string, @Ctx() { storage }: ApiContext): Promise<SessionRecord | null> {
    return isId(id) ? storage.sessions.find(id) : null;
  }

  @Query(() => SessionConnection, { description: "Sessions that last, newest first unless `order` says otherwise." })
  async sessions(
    @Arg("first", () => Int, firstArgument) first: number | null,
    @Arg("after", () => String, afterArgument) after: string | null | undefined,
    @Arg("filter", () => SessionFilter, { nullable: true, description: "Conditions that the sessions meet; all sessions by default." })
    filter: SessionFilter | null | undefined,
    @Arg("order", () => SessionOrder, { nullable: true, defaultValue: "NEWEST", description: "Which sessions come first." })
    order: SessionOrder | null,
    @Ctx() context: ApiContext,
  ): Promise<Connection<SessionRecord>> {
    const { sessions } = context.storage;
    const conditions = resolveFilter(filter, context);
    return connection(
      { first, after },
      sessionCursors,
      (request) => sessions.list(request, conditions, order ?? "NEWEST"),
      ({ id }) => id,
      () => sessions.count(conditions),
    );
  }
}

@Resolver()
export class QueueResolver {
  @Query(() => [Session], {
    description: "Sessions that wait for a device, the next one first; owners take turns. Temporary ones are left out.",
  })
  queue(
    @Arg("first", () => Int, {
      nullable: true,
      defaultValue: apiLimits.maxPageSize,
      description: `Most sessions. From 1 to ${apiLimits.maxPageSize}.`,
    })
    first: number | null,
    @Ctx() { queueOrder, principal }: ApiContext,
  ): Promise<SessionRecord[]> {
    const limit = apiLimits.maxPageSize;
    const length = first ?? limit;
    if (length < 1 || length > limit)
      throw badInput("first", `first must be from 1 to ${limit}.`, limit, { min: 1, max: limit, unit: "entries" });
    return queueOrder.list(length, principal.reader);
  }
}

@Resolver(() => Image)
export class ImageSessionsResolver {
  @FieldResolver(() => SessionConnection, {
    description: "Sessions that used the picture, newest first: as content or source, or as style at any time.",
  })
  async sessions(
    @Root() image: ImageRecord,
    @Arg("first", () => Int, firstArgument) first: number | null,
    @Arg("after", () => String, afterArgument) after: string | null | undefined,
    @Ctx() { loaders }: OperationContext,
  ): Promise<Connection<SessionRecord>> {
    const none = { rows: [], hasNextPage: false };
    return connection(
      { first, after },
      sessionCursors,
      async (request) => (await loaders.sessionsUsing(request).load(image.id)) ?? none,
      ({ id }) => id,
      async () => (await loaders.sessionsUsingCounts.load(image.id)) ?? 0,
    );
  }
}

@Resolver()
export class SessionMutations {
  @Mutation(() => StyleTransferSession, { description: "Starts a style transfer. It is QUEUED until a device takes it." })
  startStyleTransfer(
    @Arg("input", () => StyleTransferInput, { description: "What to start." }) input: StartInput,
    @Ctx() { sessions }: ApiContext,
  ): Promise<SessionRecord> {
    return sessions.startStyleTransfer(input);
  }

  @Mutation(() => TranslationSession, { description: "Starts a translation of one picture, or without imageId a live translation." })
  startTranslation(
    @Arg("input", () => TranslationInput, { description: "What to start." }) input: TranslationInput,
    @Ctx() { sessions }: ApiContext,
  ): Promise<SessionRecord> {
    return sessions.startTranslation(input);
  }

  @Mutation(() => StyleTransferSession, {
    description:
      "Starts a session from the trace of another one, as GET /sessions/:id/trace.json returns it. Its settings, changes and\n" +
      "seed replay to the same pictures. NOT_FOUND when a picture of the trace is not on this server.",
  })
  async importTrace(
    @Arg("trace", () => String, { description: `The trace as JSON. At most ${MAX_TRACE_LENGTH} characters.` }) trace: string,
    @Arg("title", () => String, {
      nullable: true,
      description: `Replaces the title of the trace. At most ${styleTransferLimits.maxTitleLength} characters.`,
    })
    title: string | null | undefined,
    @Ctx() { sessions, allowances, principal }: ApiContext,
  ): Promise<SessionRecord> {
    // It is kept as a picture is, and takes time to read.
    await allowances.spend("uploadBytesPerMinute", principal, null, Buffer.byteLength(trace));
    return sessions.importTrace(trace, title ?? null);
  }

  @Mutation(() => StyleTransferSession, {
    description:
      "Starts a session that continues the exact state of another one at a kept step. The changes are in force from that\n" +
      "step's evaluation on; steps still counts from 0.",
  })
  branchSession(
    @IdArg("sessionId") sessionId: string,
    @Arg("step", () => Int, { description: "Kept step of the other session." }) step: number,
    @Arg("changes", () => SteerInput, { nullable: true, description: "New values; what is left out stays as it is." }) changes:
      | ChangeInput
      | null
      | undefined,
    @Ctx() { sessions }: ApiContext,
  ): Promise<SessionRecord> {
    return sessions.branch(requireId("sessionId", sessionId), step, changes ?? null);
  }

  @Mutation(() => Session, { description: "Gives a session another title; a blank one removes the title." })
  renameSession(
    @IdArg("sessionId") sessionId: string,
    @Arg("title", () => String, { description: `At most ${styleTransferLimits.maxTitleLength} characters.` }) title: string,
    @Ctx() { sessions }: ApiContext,
  ): Promise<SessionRecord> {
    return sessions.rename(requireId("sessionId", sessionId), title);
  }

  @Mutation(() => Session, { description: "Stars a session or writes a note about it. What is left out or null stays as it is." })
  annotateSession(
    @IdArg("sessionId") sessionId: string,
    @Arg("starred", () => Boolean, { nullable: true, description: "Whether it is one of the best." }) starred: boolean | null | undefined,
    @Arg("note", () => String, { nullable: true, description: `At most ${MAX_NOTE_LENGTH} characters; a blank note removes the note.` })
    note: string | null | undefined,
    @Ctx() { sessions }: ApiContext,
  ): Promise<SessionRecord> {
    return sessions.annotate(requireId("sessionId", sessionId), { starred: starred ?? null, note: note ?? null });
  }

  @Mutation(() => Session, { description: "Lets a temporary session live longer. CONFLICT for a session that lasts anyway." })
  extendSession(
    @IdArg("sessionId") sessionId: string,
    @Arg("seconds", () => Int, { description: `How long it lives at least, from now on. ${rangeText(lifetime)}` }) seconds: number,
    @Ctx() { sessions }: ApiContext,
  ): Promise<SessionRecord> {
    return sessions.extend(requireId("sessionId", sessionId), seconds);
  }

  @Mutation(() => ID, {
    description: "Deletes a session with its frames and returns its id. Its branches stay. CONFLICT for a session that has not ended.",
  })
  deleteSession(@IdArg("sessionId") sessionId: string, @Ctx() { sessions }: ApiContext): Promise<string> {
    return sessions.delete(requireId("sessionId", sessionId));
  }
}
