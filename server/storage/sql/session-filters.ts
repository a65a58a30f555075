import { and, eq, gt, inArray, isNotNull, isNull, lt, not, or, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import { badInput } from "../../errors.js";
import type { SessionCondition, SessionFilter, SessionStatus } from "../../records/session.js";
import type { Database } from "./database.js";
import { visibleTo } from "./readers.js";
import { deletedSessions, type ImageRole, type images, sessionImages, sessions } from "./schema.js";

/** The position of a session in the list. */
interface Position {
  createdAt: Date;
  ordinal: number;
}

/**
 * The position of a session, also of a deleted one.
 * @throws AtelierError BAD_INPUT when there was never such a session.
 */
export async function positionOf(database: Database, id: string): Promise<Position> {
  const [found] = await unionAll(
    database.select({ createdAt: sessions.createdAt, ordinal: sessions.ordinal }).from(sessions).where(eq(sessions.id, id)),
    database
      .select({ createdAt: deletedSessions.createdAt, ordinal: deletedSessions.ordinal })
      .from(deletedSessions)
      .where(eq(deletedSessions.id, id)),
  );
  if (!found) throw badInput("after", "The cursor does not come from this server.");
  return found;
}

/** What comes after a position when the newest are first. */
export function olderThan(position: Position): SQL {
  return sql`(${sessions.createdAt}, ${sessions.ordinal}) < ${asRow(position)}`;
}

/** What comes after a position when the oldest are first. */
export function newerThan(position: Position): SQL {
  return sql`(${sessions.createdAt}, ${sessions.ordinal}) > ${asRow(position)}`;
}

function asRow({ createdAt, ordinal }: Position): SQL {
  return sql`(${sql.param(createdAt, sessions.createdAt)}, ${ordinal}::bigint)`;
}

/** What a session passes that a filter lets through, and that its reader may see. */
export function matching(filter: SessionFilter): SQL | undefined {
  const { kind, status, titleContains, createdAfter, createdBefore, models, imageId, styleImageId, output, starred, live, approval } =
    filter;
  return and(
    models && inArray(sessions.model, [...models]),
    output === undefined ? undefined : sql`${sessions.settings} ->> 'output' = ${output}`,
    imageId === undefined ? undefined : usesImage(imageId),
    styleImageId === undefined ? undefined : usesImage(styleImageId, "STYLE"),
    kind && sql`${sessions.kind} = ${kind}`,
    starred === undefined ? undefined : starred ? sql`${sessions.starred}` : sql`not ${sessions.starred}`,
    live === undefined ? undefined : isLive(live),
    filter.lasting && isNull(sessions.expiresAt),
    filter.ownerId === undefined ? undefined : eq(sessions.ownerId, filter.ownerId),
    approval && eq(sessions.approval, approval),
    visibleTo(filter.reader),
    statusIn(status),
    titleContains ? hasInTitle(titleContains) : undefined,
    createdAfter && gt(sessions.createdAt, createdAfter),
    createdBefore && lt(sessions.createdAt, createdBefore),
  );
}

/** What a session passes that is as a condition says. */
export function meeting({ suspended = false, revision, maxSize }: SessionCondition = {}): SQL | undefined {
  return and(
    suspended ? isNotNull(sessions.error) : undefined,
    revision === undefined ? undefined : eq(sessions.revision, revision),
    maxSize === undefined ? undefined : isAtMost(maxSize),
  );
}

/** True for a style transfer of at most `maxSize` px, and for every other session. */
export function isAtMost(maxSize: number): SQL {
  return sql`(${sessions.kind} <> 'STYLE_TRANSFER' or (${sessions.settings} ->> 'size')::numeric <= ${maxSize})`;
}

/** As `ilike` with the title, in a fraction of the time. */
function hasInTitle(text: string): SQL {
  return sql`${sessions.lowerTitle} like lower(${`%${text.replace(/[\\%_]/g, "\\$&")}%`})`;
}

export function usesImage(imageId: string | typeof images.id, role?: ImageRole): SQL {
  const using = role === undefined ? sql`` : sql`and ${sessionImages.role} = ${role}`;
  return sql`${sessions.id} in (select ${sessionImages.sessionId} from ${sessionImages} where ${sessionImages.imageId} = ${imageId} ${using})`;
}

function isLive(live: boolean): SQL | undefined {
  const translation = eq(sessions.kind, "TRANSLATION");
  return live ? and(translation, isNull(sessions.sourceId)) : or(not(translation), isNotNull(sessions.sourceId));
}

/** Sessions with one of the statuses: none with an empty list, all with undefined. */
export function statusIn(statuses: readonly SessionStatus[] | undefined): SQL | undefined {
  return statuses && inArray(sessions.status, [...statuses]);
}
