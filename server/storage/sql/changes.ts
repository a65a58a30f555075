import { and, asc, eq, inArray, isNull, sql } from "drizzle-orm";
import { withChange } from "../../records/changes.js";
import type { StyleTransferRecord } from "../../records/session.js";
import type { ChangeStore } from "../storage.js";
import { type Database, written } from "./database.js";
import { changes, sessions } from "./schema.js";
import { recordStyles } from "./session-images.js";
import { sessionRecord } from "./sessions.js";

/** Changes as rows. */
export function sqlChanges(database: Database): ChangeStore {
  return {
    add: (sessionId, change, from) =>
      database.transaction(async (transaction) => {
        const [row] = await transaction
          .select()
          .from(sessions)
          .where(and(eq(sessions.id, sessionId), inArray(sessions.status, [...from])))
          .for("update");
        const session = row && sessionRecord(row);
        if (session?.kind !== "STYLE_TRANSFER") return null;
        await written(transaction.insert(changes).values({ sessionId, ...change, createdAt: new Date() }));
        await recordStyles(transaction, sessionId, change.styles ?? []);
        return revise(transaction, sessionId, withChange(session, change));
      }),

    async list(sessionId) {
      const rows = await database.select().from(changes).where(eq(changes.sessionId, sessionId)).orderBy(asc(changes.ordinal));
      return rows.map(({ sessionId: _session, ...change }) => change);
    },

    settle: (sessionId, step, ordinal) =>
      database.transaction(async (transaction) => {
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

/** Stores new values of a session under its next revision, which grows with every change of its changes too. */
async function revise(
  database: Database,
  id: string,
  changed: Partial<Pick<StyleTransferRecord, "settings" | "styles">>,
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
