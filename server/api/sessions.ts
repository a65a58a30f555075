import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import type { ChangeInput } from "../records/changes.js";
import type { ImageRecord } from "../records/pictures.js";
import type { SessionFilter as FilterValue, SessionRecord } from "../records/session.js";
import { isId, requireId } from "../sessions/requirements.js";
import type { StyleTransferInput as StartInput } from "../sessions/start-input.js";
import type { ApiContext } from "./context.js";
import { Image } from "./images.js";
import { type Connection, connection, DEFAULT_PAGE_SIZE, pageRequest } from "./paging.js";
import { resolveFilter, SessionFilter } from "./session-filter.js";
import { Session, SessionConnection, StyleTransferSession, sessionCursors, TranslationSession } from "./session-types.js";
import { SteerInput, StyleTransferInput } from "./settings-types.js";
import { TranslationInput } from "./translations.js";

@Resolver()
export class SessionQueries {
  @Query(() => Session, { nullable: true })
  async session(@Arg("id", () => ID) id: string, @Ctx() { storage }: ApiContext): Promise<SessionRecord | null> {
    return isId(id) ? storage.sessions.find(id) : null;
  }

  @Query(() => SessionConnection, { description: "Newest first." })
  async sessions(
    @Arg("first", () => Int, { nullable: true, defaultValue: DEFAULT_PAGE_SIZE }) first: number | null,
    @Arg("after", () => String, { nullable: true }) after: string | null | undefined,
    @Arg("filter", () => SessionFilter, { nullable: true }) filter: SessionFilter | null | undefined,
    @Ctx() { storage }: ApiContext,
  ): Promise<Connection<SessionRecord>> {
    return sessionPage(storage, first, after, resolveFilter(filter));
  }
}

@Resolver(() => Image)
export class ImageSessionsResolver {
  @FieldResolver(() => SessionConnection, {
    description: "Sessions that used it, newest first: as content or source, or as style at any time.",
  })
  async sessions(
    @Root() image: ImageRecord,
    @Arg("first", () => Int, { nullable: true, defaultValue: DEFAULT_PAGE_SIZE }) first: number | null,
    @Arg("after", () => String, { nullable: true }) after: string | null | undefined,
    @Ctx() { storage }: ApiContext,
  ): Promise<Connection<SessionRecord>> {
    return sessionPage(storage, first, after, { imageId: image.id });
  }
}

async function sessionPage(
  storage: ApiContext["storage"],
  first: number | null,
  after: string | null | undefined,
  filter: FilterValue,
): Promise<Connection<SessionRecord>> {
  const request = pageRequest(first, after ?? null, sessionCursors);
  return connection(
    await storage.sessions.list(request, filter),
    request,
    sessionCursors,
    (session) => session.id,
    (session) => session,
  );
}

@Resolver()
export class SessionMutations {
  @Mutation(() => StyleTransferSession)
  startStyleTransfer(@Arg("input", () => StyleTransferInput) input: StartInput, @Ctx() { sessions }: ApiContext): Promise<SessionRecord> {
    return sessions.startStyleTransfer(input);
  }

  @Mutation(() => TranslationSession)
  startTranslation(@Arg("input", () => TranslationInput) input: TranslationInput, @Ctx() { sessions }: ApiContext): Promise<SessionRecord> {
    return sessions.startTranslation(input);
  }

  @Mutation(() => StyleTransferSession, {
    description:
      "A new session that follows the trace of another one, as GET /sessions/:id/trace.json gives it: settings, changes and seed replay to the same pictures. Its pictures must be here.",
  })
  importTrace(
    @Arg("trace", () => String, { description: "JSON." }) trace: string,
    @Arg("title", () => String, { nullable: true }) title: string | null | undefined,
    @Ctx() { sessions }: ApiContext,
  ): Promise<SessionRecord> {
    return sessions.importTrace(trace, title ?? null);
  }

  @Mutation(() => StyleTransferSession, {
    description:
      "A new session that goes on from the exact state of another one at a kept step; steps stays the total counted from 0. Changes are in force from that step's evaluation on.",
  })
  branchSession(
    @Arg("sessionId", () => ID) sessionId: string,
    @Arg("step", () => Int) step: number,
    @Arg("changes", () => SteerInput, { nullable: true }) changes: ChangeInput | null | undefined,
    @Ctx() { sessions }: ApiContext,
  ): Promise<SessionRecord> {
    return sessions.branch(requireId("sessionId", sessionId), step, changes ?? null);
  }

  @Mutation(() => Session, { description: "A blank title takes the title away." })
  renameSession(
    @Arg("sessionId", () => ID) sessionId: string,
    @Arg("title", () => String) title: string,
    @Ctx() { sessions }: ApiContext,
  ): Promise<SessionRecord> {
    return sessions.rename(requireId("sessionId", sessionId), title);
  }

  @Mutation(() => ID, {
    description: "Deletes a finished session with its frames. CONFLICT for one that waits, runs or is paused. Branches of it stay.",
  })
  deleteSession(@Arg("sessionId", () => ID) sessionId: string, @Ctx() { sessions }: ApiContext): Promise<string> {
    return sessions.delete(requireId("sessionId", sessionId));
  }
}
