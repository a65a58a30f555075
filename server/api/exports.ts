import { Arg, Ctx, Field, Float, ID, InputType, Int, Mutation, ObjectType, Query, Resolver, Root, Subscription } from "type-graphql";
import type { ExportRecord } from "../exports/export.js";
import type { FilmInput } from "../exports/film-settings.js";
import { requireId } from "../sessions/requirements.js";
import type { ApiContext } from "./context.js";
import { ExportFormat, ExportState } from "./enums.js";
import { SessionError } from "./session-types.js";

@InputType({ description: "A time-lapse of a session's kept pictures, spread evenly over its steps, all at the size of the last." })
export class ExportInput implements FilmInput {
  @Field(() => ID)
  sessionId!: string;

  @Field(() => ID, {
    nullable: true,
    description: "Another session, such as a branch, shown at its right: each with its newest picture of the step.",
  })
  besideId?: string | null;

  @Field(() => ExportFormat)
  format!: ExportFormat;

  @Field(() => Int, { nullable: true })
  fromStep?: number | null;

  @Field(() => Int, { nullable: true })
  toStep?: number | null;

  @Field(() => Float, { nullable: true, description: "1 to 60; 15 by default." })
  framesPerSecond?: number | null;

  @Field(() => Int, { nullable: true, description: "Longer side of each picture, px: 32 to 2048; 512 by default." })
  size?: number | null;

  @Field(() => Int, { nullable: true, description: "2 to 1000; 150 by default." })
  maxFrames?: number | null;
}

@ObjectType({ description: "A film that is made, or was; finished ones are kept for a day." })
export class Export {
  @Field(() => ID)
  id!: string;

  @Field(() => ID)
  sessionId!: string;

  @Field(() => ID, { nullable: true })
  besideId!: string | null;

  @Field(() => ExportFormat)
  format!: ExportFormat;

  @Field(() => ExportState)
  state!: ExportState;

  @Field(() => Float, { description: "0..1." })
  progress!: number;

  @Field(() => SessionError, { nullable: true })
  error!: SessionError | null;

  @Field(() => String, { nullable: true, description: "Path of the finished file on this server." })
  url!: string | null;

  @Field(() => Int, { nullable: true })
  bytes!: number | null;
}

@Resolver()
export class ExportResolver {
  @Query(() => Export, { nullable: true })
  export(@Arg("id", () => ID) id: string, @Ctx() { exports }: ApiContext): Export | null {
    const record = exports.find(id);
    return record && exportOf(record);
  }

  @Mutation(() => Export)
  async startExport(@Arg("input", () => ExportInput) input: ExportInput, @Ctx() { exports }: ApiContext): Promise<Export> {
    requireId("input.sessionId", input.sessionId);
    if (typeof input.besideId === "string") requireId("input.besideId", input.besideId);
    return exportOf(await exports.start(input));
  }

  @Mutation(() => Export, { description: "CONFLICT for one that has ended." })
  async cancelExport(@Arg("id", () => ID) id: string, @Ctx() { exports }: ApiContext): Promise<Export> {
    return exportOf(await exports.cancel(id));
  }

  @Subscription(() => Export, {
    description: "An export as it is, then as it changes; ends with it.",
    subscribe: ({ args, context }: { args: { id: string }; context: ApiContext }) => context.exports.follow(args.id),
  })
  exportChanged(@Root() record: ExportRecord, @Arg("id", () => ID) _id: string): Export {
    return exportOf(record);
  }
}

/** An export as the API shows it. */
function exportOf({ id, settings, state, progress, error, bytes }: ExportRecord): Export {
  const { sessionId, besideId, format } = settings;
  const url = state === "COMPLETED" ? `/exports/${id}` : null;
  return { id, sessionId, besideId, format, state, progress, error, bytes, url };
}
