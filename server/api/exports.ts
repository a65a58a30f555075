import { Arg, Ctx, Field, Float, ID, InputType, Int, Mutation, ObjectType, Query, Resolver, Root, Subscription } from "type-graphql";
import { exportLimits } from "../exports/export.js";
import type { FilmInput } from "../exports/film-settings.js";
import { limitTable, placesForOthers } from "../limits/table.js";
import type { ExportRecord } from "../records/film.js";
import { requireId } from "../sessions/requirements.js";
import { type ApiContext, ownerOf } from "./context.js";
import { IdArg, InRange, rangeAndDefault } from "./declare.js";
import { ExportFormat, ExportState } from "./enums.js";
import { SessionError } from "./session-types.js";

@InputType({
  description:
    "A film to make: a time-lapse of a session's kept pictures, spread evenly over its steps and all at the size of the\n" +
    "last one. What is left out or null gets its default.",
})
export class ExportInput implements FilmInput {
  @Field(() => ID, { description: "Session that the film shows." })
  sessionId!: string;

  @Field(() => ID, {
    nullable: true,
    description: "Another session, such as a branch, to show at the right. Each side shows its newest picture at every step.",
  })
  besideId?: string | null;

  @Field(() => ExportFormat, { description: "Format of the film." })
  format!: ExportFormat;

  @Field(() => Int, { nullable: true, description: "First step of the film. At least 0; 0 by default." })
  fromStep?: number | null;

  @Field(() => Int, { nullable: true, description: "Last step of the film, inclusive. At least fromStep; the last kept step by default." })
  toStep?: number | null;

  @InRange(exportLimits.framesPerSecond)
  @Field(() => Float, {
    nullable: true,
    description: `Pictures per second. ${rangeAndDefault(exportLimits.framesPerSecond)}`,
  })
  framesPerSecond?: number | null;

  @InRange(exportLimits.size)
  @Field(() => Int, {
    nullable: true,
    description: `Longer side of each session's picture in pixels. ${rangeAndDefault(exportLimits.size)}`,
  })
  size?: number | null;

  @InRange(exportLimits.frames)
  @Field(() => Int, {
    nullable: true,
    description: `Most pictures that the film may have. ${rangeAndDefault(exportLimits.frames)}`,
  })
  maxFrames?: number | null;
}

@ObjectType({
  description:
    "A film, finished or in the making. It is kept for a day, at most as long as its session, and while it is one of the newest\n" +
    "`keptFilms` of its owner.",
})
export class Export {
  @Field(() => ID, { description: "Id of the export." })
  id!: string;

  @Field(() => ID, { description: "Session that the film shows." })
  sessionId!: string;

  @Field(() => ID, { nullable: true, description: "Session at the right; null for a film of one session." })
  besideId!: string | null;

  @Field(() => ExportFormat, { description: "Format of the film." })
  format!: ExportFormat;

  @Field(() => ExportState, { description: "How far the export is." })
  state!: ExportState;

  @Field(() => Float, { description: "From 0 to 1." })
  progress!: number;

  @Field(() => SessionError, { nullable: true, description: "Why the export FAILED, else null." })
  error!: SessionError | null;

  @Field(() => String, { nullable: true, description: "Path of the finished file on this server; null before." })
  url!: string | null;

  @Field(() => Int, { nullable: true, description: "Size of the finished file in bytes; null before." })
  bytes!: number | null;
}

@Resolver()
export class ExportResolver {
  @Query(() => Export, { nullable: true, description: "The export with this id; null when there is none." })
  async export(@IdArg("id", "export") id: string, @Ctx() { exports }: ApiContext): Promise<Export | null> {
    const record = await exports.find(id);
    return record && exportOf(record);
  }

  @Mutation(() => Export, {
    description:
      `Starts to make a film. LIMIT while ${limitTable.exports.value} exports have not ended (for others than admins ` +
      `${placesForOthers(limitTable.exports.value)}), and where its owner has no space left;\nUNAVAILABLE for a format that this server cannot make.`,
  })
  async startExport(
    @Arg("input", () => ExportInput, { description: "What to start." }) input: ExportInput,
    @Ctx() { exports, principal, allowances, admission }: ApiContext,
  ): Promise<Export> {
    requireId("input.sessionId", input.sessionId);
    if (typeof input.besideId === "string") requireId("input.besideId", input.besideId);
    await admission.requireSpace(principal, 1);
    const owner = {
      ...{ ownerId: ownerOf(principal), seesAll: principal.reader === null },
      mostKept: allowances.of("keptFilms", principal),
    };
    const places = {
      ofServer: (open: number) => allowances.requirePlace("exports", principal, open),
      ofOwner: (open: number) => allowances.requirePlace("openExports", principal, open),
    };
    return exportOf(await exports.start(input, owner, places));
  }

  @Mutation(() => Export, { description: "Cancels an export. CONFLICT for one that has ended." })
  async cancelExport(@IdArg("id", "export") id: string, @Ctx() { exports }: ApiContext): Promise<Export> {
    return exportOf(await exports.cancel(id));
  }

  @Subscription(() => Export, {
    description: "An export as it is, then as it changes; ends with the export.",
    subscribe: ({ args, context }: { args: { id: string }; context: ApiContext }) => context.exports.follow(args.id),
  })
  exportChanged(@Root() record: ExportRecord, @IdArg("id", "export") _id: string): Export {
    return exportOf(record);
  }
}

/** An export as the API shows it. */
export function exportOf({ id, settings, state, progress, error, bytes }: ExportRecord): Export {
  const { sessionId, besideId, format } = settings;
  const url = state === "COMPLETED" ? `/exports/${id}` : null;
  return { id, sessionId, besideId, format, state, progress, error, bytes, url };
}
