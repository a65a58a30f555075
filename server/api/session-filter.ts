import { Field, ID, InputType } from "type-graphql";
import { AtelierError, badInput } from "../errors.js";
import { isId } from "../records/id.js";
import type { SessionFilter as FilterValue } from "../records/session.js";
import type { ApiContext } from "./context.js";
import { Approval, SessionKind, SessionStatus } from "./enums.js";
import { apiLimits } from "./limits.js";
import { DateTime } from "./scalars.js";

@InputType({
  description: "Conditions that a session must all meet. A condition that is left out or null admits every session that lasts.",
})
export class SessionFilter {
  @Field(() => SessionKind, { nullable: true, description: "Admits sessions of this kind." })
  kind?: SessionKind | null;

  @Field(() => [SessionStatus], { nullable: true, description: "Admits sessions with one of these." })
  status?: SessionStatus[] | null;

  @Field(() => String, {
    nullable: true,
    description: `Part of the title, in upper or lower case. At most ${apiLimits.maxFilterLength} characters.`,
  })
  titleContains?: string | null;

  @Field(() => DateTime, { nullable: true, description: "Excludes sessions that were created at this instant or before." })
  createdAfter?: Date | null;

  @Field(() => DateTime, { nullable: true, description: "Excludes sessions that were created at this instant or after." })
  createdBefore?: Date | null;

  @Field(() => ID, { nullable: true, description: "Id of the model that the session uses." })
  model?: string | null;

  @Field(() => ID, { nullable: true, description: "Image that the session used as content or source, or as style at any time." })
  imageId?: string | null;

  @Field(() => ID, { nullable: true, description: "Image that the session used as style at any time." })
  styleImageId?: string | null;

  @Field(() => Boolean, { nullable: true, description: "Admits only starred sessions, or only the others." })
  starred?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: "Admits only live translations, or only the other sessions." })
  live?: boolean | null;

  @Field(() => Approval, {
    nullable: true,
    description: "Admits sessions with this approval; with PENDING also temporary ones.",
  })
  approval?: Approval | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "With true also admits temporary sessions, such as those of a kiosk. FORBIDDEN for others than admins.",
  })
  temporary?: boolean | null;
}

/** Instants that every PostgreSQL reads as JavaScript writes them. */
const [FIRST_INSTANT, LAST_INSTANT] = [new Date("0001-01-01T00:00:00.000Z"), new Date("9999-12-31T23:59:59.999Z")];

/** The filter without its nulls, which mean the same as leaving out. @throws AtelierError BAD_INPUT, FORBIDDEN */
export function resolveFilter(
  filter: SessionFilter | null | undefined,
  { models, principal }: Pick<ApiContext, "models" | "principal">,
): FilterValue {
  const { kind, status, titleContains, createdAfter, createdBefore, model, imageId, styleImageId, starred, live, approval, temporary } =
    filter ?? {};
  for (const [name, id] of Object.entries({ model, imageId, styleImageId })) {
    if (id && !isId(id)) throw badInput(`filter.${name}`, `${name} must be an id.`);
  }
  for (const [name, instant] of Object.entries({ createdAfter, createdBefore })) {
    if (instant && !(instant >= FIRST_INSTANT && instant <= LAST_INSTANT)) {
      const [min, max] = [FIRST_INSTANT.getUTCFullYear(), LAST_INSTANT.getUTCFullYear()];
      throw badInput(`filter.${name}`, `${name} must be in the years ${min} to ${max} of UTC.`, "0001..9999", { min, max, unit: "years" });
    }
  }
  const limit = apiLimits.maxFilterLength;
  if (titleContains?.includes("\0")) throw badInput("filter.titleContains", "titleContains must be a text without NUL characters.");
  if (titleContains && titleContains.length > limit) {
    throw badInput("filter.titleContains", `titleContains must be a text of at most ${limit} characters.`, limit, {
      max: limit,
      unit: "characters",
    });
  }
  if (temporary && principal.role !== "ADMIN") {
    throw new AtelierError("FORBIDDEN", "Only admins list temporary sessions.", { field: "filter.temporary" });
  }
  return {
    ...(kind ? { kind } : {}),
    ...(status ? { status } : {}),
    ...(titleContains ? { titleContains } : {}),
    ...(createdAfter ? { createdAfter } : {}),
    ...(createdBefore ? { createdBefore } : {}),
    ...(model ? { models: models.storedIds(model) } : {}),
    ...(imageId ? { imageId } : {}),
    ...(styleImageId ? { styleImageId } : {}),
    ...(typeof starred === "boolean" ? { starred } : {}),
    ...(typeof live === "boolean" ? { live } : {}),
    ...(approval ? { approval } : {}),
    // Visitors' paintings are read by those who know their ids, and by those who decide about them.
    ...(approval === "PENDING" || temporary ? {} : { lasting: true }),
  };
}
