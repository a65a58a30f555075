import { and, asc, eq, gt, inArray, isNull, type SQL, sql } from "drizzle-orm";
import { type RecordedChange, withChange } from "../../records/changes.js";
import type { StyleTransferRecord } from "../../records/session.js";
import type { ChangeStore } from "../storage.js";
import { reopened } from "./approval.js";
import { isHeld, type RowOptions } from "./claims.js";
import { databaseNow } from "./clock.js";
import { bySession, type Database, lockSession, written, writtenWithImages } from "./database.js";
import { changes, sessions } from "./schema.js";
import { recordStyles } from "./session-images.js";
import { sessionRecord } from "./sessions.js";

/** Changes as rows. With a claim, those of its session are settled only while the claim holds. */
export function sqlChanges(database: Database, { claim }: RowOptions = {}): ChangeStore {
  return {
    add: (sessionId, change, from, approval) =>
      writtenWithImages(
        database.transaction(async (transaction) => {
          const [row] = await transaction
            .select()
            .from(sessions)
            .where(and(eq(sessions.id, sessionId), inArray(sessions.status, [...from])))
            .for("update");
          const session = row && sessionRecord(row);
          if (session?.kind !== "STYLE_TRANSFER") return null;
          await written(transaction.insert(changes).values({ sessionId, ...change, createdAt: databaseNow }));
          await recordStyles(transaction, sessionId, change.styles ?? []);
          return revise(transaction, sessionId, {
            ...withChange(session, change),
            approval: approval && reopened(change),
            changeCount: sql`${sessions.changeCount} + 1`,
          });
        }),
      ),

    async list(sessionId, afterOrdinal) {
      const waiting = afterOrdinal === undefined ? undefined : and(isNull(changes.step), gt(changes.ordinal, afterOrdinal));
      const rows = await database
        .select()
        .from(changes)
        .where(and(eq(changes.sessionId, sessionId), waiting))
        .orderBy(asc(changes.ordinal));
      return rows.map(recordedChange);
    },

    async listAll(sessionIds) {
      const rows = await database
        .select()
        .from(changes)
        .where(inArray(changes.sessionId, [...sessionIds]))
        .orderBy(asc(changes.ordinal));
      return new Map([...bySession(rows)].map(([id, listed]) => [id, listed.map(recordedChange)]));
    },

    async counts(sessionIds) {
      const rows = await database
        .select({ id: sessions.id, count: sessions.changeCount })
        .from(sessions)
        .where(inArray(sessions.id, [...sessionIds]));
      return new Map(rows.map((row) => [row.id, row.count]));
    },

    settle: (sessionId, step, ordinal) =>
      database.transaction(async (transaction) => {
        if (!(await lockSession(transaction, sessionId, isHeld(claim, sessionId)))) return null;
        const waiting = and(eq(changes.sessionId, sessionId), isNull(changes.step));
        const settled = await written(
          transaction
            .update(changes)
            .set({ step })
            .where(ordinal === undefined ? waiting : and(waiting, eq(changes.ordinal, ordinal)))
            .returning({ ordinal: changes.ordinal }),
        );
        return settled.length > 0 ? revise(transaction, sessionId, {}) : null;
      }),
  };
}

function recordedChange({ sessionId: _session, ...change }: typeof changes.$inferSelect): RecordedChange {
  return change;
}

/** Stores new values of a session under its next revision, which grows with every change of its changes too. */
async function revise(
  database: Database,
  id: string,
  changed: Partial<Pick<StyleTransferRecord, "settings" | "styles">> & Partial<Record<"approval" | "changeCount", SQL | undefined>>,
): Promise<StyleTransferRecord | null> {
  const [row] = await written(
    database
      .update(sessions)
      .set({ ...changed, revision: sql`${sessions.revision} + 1` })
      .where(eq(sessions.id, id))
      .returning(),
  );
  const session = row && sessionRecord(row);
  return session?.kind === "STYLE_TRANSFER" ? session : null;
}
