import { randomUUID } from "node:crypto";
import { and, desc, eq, inArray, lte, sql } from "drizzle-orm";
import { AtelierError } from "../../errors.js";
import type { Claim } from "../../records/claim.js";
import { checkpointParts, contentOf, SESSION_BYTES, SESSION_ID } from "../common/checkpoint-bytes.js";
import type { SpaceGuard } from "../common/space.js";
import { evenlyThinned } from "../common/thinned-checkpoints.js";
import { isHeld, requireHeld } from "../sql/claims.js";
import { type Database, lockSession, written } from "../sql/database.js";
import { checkpoints } from "../sql/schema.js";
import type { CheckpointStore } from "../storage.js";
import type { Candidates, ObjectKind } from "./candidates.js";
import type { ObjectStore } from "./objects.js";

const PREFIX = "checkpoints/";

/** Checkpoints among the candidates, which are the keys of their objects. */
export const checkpointObjects: ObjectKind = {
  has: (candidate) => candidate.startsWith(PREFIX),
  keysOf: (candidate) => [candidate],
  async inUse(database, keys) {
    const used = await database
      .select({ key: checkpoints.objectKey })
      .from(checkpoints)
      .where(inArray(checkpoints.objectKey, [...keys]));
    return new Set(used.map(({ key }) => key));
  },
};

export interface ObjectCheckpointsDependencies {
  database: Database;
  objects: ObjectStore;
  candidates: Candidates;
  space: SpaceGuard;
  /** A session of which checkpoints are put only while the claim holds. */
  claim?: Claim;
  /** Limit for the checkpoints of one session, bytes. */
  sessionByteLength?: number;
}

/**
 * Checkpoints as objects with a row for each session that has it. An object is never changed: a checkpoint that is taken
 * again gets another one. Objects without rows are deleted as candidates.
 */
export function objectCheckpoints({
  database,
  objects,
  candidates,
  space,
  claim,
  sessionByteLength = SESSION_BYTES,
}: ObjectCheckpointsDependencies): CheckpointStore {
  /** Deletes rows, and has their objects deleted. */
  async function forget(transaction: Database, matching: ReturnType<typeof and>): Promise<void> {
    const gone = await written(transaction.delete(checkpoints).where(matching).returning({ key: checkpoints.objectKey }));
    await candidates.add(
      gone.map(({ key }) => key),
      transaction,
    );
  }

  function ofSession(sessionId: string) {
    if (!SESSION_ID.test(sessionId)) throw new AtelierError("NOT_FOUND", "There is no such session.");
    return eq(checkpoints.sessionId, sessionId);
  }

  return {
    async put(sessionId, step, bytes) {
      const session = ofSession(sessionId);
      const stored = Buffer.concat(await checkpointParts(bytes));
      const objectKey = `${PREFIX}${sessionId}/${step}-${randomUUID()}`;
      await space.storing(stored.byteLength, async () => {
        await candidates.add([objectKey]);
        await objects.put(objectKey, stored);
      });
      await database.transaction(async (transaction) => {
        // The row of a held session is locked, so that nobody claims it before the checkpoint is there.
        if (claim && !(await lockSession(transaction, sessionId, isHeld(claim, sessionId)))) {
          await requireHeld(transaction, claim, sessionId);
        }
        // Two that are added to a session at once are thinned one after the other.
        await transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended(${sessionId}, 0))`);
        await forget(transaction, and(session, eq(checkpoints.step, step)));
        const row = { sessionId, step, objectKey, byteLength: stored.byteLength, createdAt: sql`now()` };
        await written(transaction.insert(checkpoints).values(row));
        const kept = await transaction.select().from(checkpoints).where(session).orderBy(desc(checkpoints.step));
        const thinned = evenlyThinned(kept, sessionByteLength).map((gone) => gone.step);
        if (thinned.length > 0) await forget(transaction, and(session, inArray(checkpoints.step, thinned)));
      });
    },

    async get(sessionId, throughStep) {
      const rows = await database
        .select({ step: checkpoints.step, objectKey: checkpoints.objectKey })
        .from(checkpoints)
        .where(and(ofSession(sessionId), lte(checkpoints.step, throughStep)))
        .orderBy(desc(checkpoints.step));
      for (const { step, objectKey } of rows) {
        const stored = await objects.get(objectKey);
        const bytes = stored && (await contentOf(stored));
        if (bytes) return { step, bytes };
      }
      return null;
    },

    async share(fromSessionId, toSessionId, throughStep) {
      ofSession(toSessionId);
      await database.transaction(async (transaction) => {
        // The lock makes a deletion of this row wait, which then finds the row of the other session.
        const [found] = await transaction
          .select()
          .from(checkpoints)
          .where(and(ofSession(fromSessionId), lte(checkpoints.step, throughStep)))
          .orderBy(desc(checkpoints.step))
          .limit(1)
          .for("share");
        if (!found) return;
        const shared = { ...found, sessionId: toSessionId, createdAt: sql`now()` };
        await written(transaction.insert(checkpoints).values(shared).onConflictDoNothing());
      });
    },

    delete: (sessionId) => database.transaction((transaction) => forget(transaction, ofSession(sessionId))),

    async trim(byteLength) {
      await database.transaction(async (transaction) => {
        // Sessions that go on, here or elsewhere, need theirs.
        const goingOn = sql`select id from sessions where status in ('QUEUED', 'RUNNING', 'PAUSED')`;
        const sizes = sql`select session_id, sum(bytes) as bytes, max(created_at) as newest from checkpoints
          where session_id not in (${goingOn}) group by session_id`;
        const totals = sql`select session_id, sum(bytes) over (order by newest desc, session_id) as total from (${sizes}) as sizes`;
        const beyond = sql`select session_id from (${totals}) as totals where total > ${byteLength}`;
        await forget(transaction, sql`${checkpoints.sessionId} in (${beyond})`);
      });
    },
  };
}
