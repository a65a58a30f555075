import { and, asc, isNotNull, type SQL, sql } from "drizzle-orm";
import type { FrameRecord } from "../../records/pictures.js";
import type { Database } from "./database.js";
import { frames } from "./schema.js";

/**
 * Losses of the frames that match, by step. Those of each session are thinned to at most `points` by min-max
 * decimation: the first and the last frame, and from each of several equal groups of the frames between, those with the
 * smallest and the largest total.
 */
export function lossCurves(
  database: Database,
  matches: SQL | undefined,
  points: number,
): Promise<Pick<FrameRecord, "sessionId" | "step" | "losses">[]> {
  const buckets = sql.raw(String(Math.floor((points - 2) / 2)));
  const numbered = database
    .select({
      sessionId: frames.sessionId,
      step: frames.step,
      losses: frames.losses,
      total: sql<number>`(${frames.losses} ->> 'total')::double precision`.as("total"),
      index: sql<number>`row_number() over (partition by ${frames.sessionId} order by ${frames.step}) - 1`.as("index"),
      count: sql<number>`count(*) over (partition by ${frames.sessionId})`.as("count"),
    })
    .from(frames)
    .where(and(matches, isNotNull(frames.losses)))
    .as("numbered");
  const isEnd = sql`(${numbered.index} = 0 or ${numbered.index} = ${numbered.count} - 1)`;
  // The ends have a bucket each; integer division of non-negative numbers is floor.
  const bucket = sql`case when ${isEnd} then -1 - ${numbered.index} else (${numbered.index} - 1) * ${buckets} / (${numbered.count} - 2) end`;
  const group = sql`${numbered.sessionId}, ${bucket}`;
  const ranked = database
    .select({
      sessionId: numbered.sessionId,
      step: numbered.step,
      losses: numbered.losses,
      count: numbered.count,
      bucket: sql<number>`${bucket}`.as("bucket"),
      lowest: sql<number>`row_number() over (partition by ${group} order by ${numbered.total}, ${numbered.step})`.as("lowest"),
      highest: sql<number>`row_number() over (partition by ${group} order by ${numbered.total} desc, ${numbered.step})`.as("highest"),
    })
    .from(numbered)
    .as("ranked");
  const extreme = sql`(${ranked.lowest} = 1 or ${ranked.highest} = 1) and (${buckets} > 0 or ${ranked.bucket} < 0)`;
  return database
    .select({ sessionId: ranked.sessionId, step: ranked.step, losses: ranked.losses })
    .from(ranked)
    .where(sql`${ranked.count} <= ${points} or (${extreme})`)
    .orderBy(asc(ranked.step));
}
