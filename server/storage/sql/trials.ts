import { and, eq, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { TrialKey, TrialVerdict } from "../../records/shared-model.js";
import type { TrialStore } from "../fleet.js";
import { type Database, written } from "./database.js";
import { modelTrials } from "./schema.js";

/** Trials of shared models as rows. All times are those of the database's clock. */
export function sqlTrials(database: Database): TrialStore {
  return {
    async claim(trial, trierId, leaseMs) {
      const claimed = { trierId, leaseUntil: leaseEnd(leaseMs) };
      const isFree = or(isNull(modelTrials.leaseUntil), lt(modelTrials.leaseUntil, sql`clock_timestamp()`));
      const taken = await written(
        database
          .insert(modelTrials)
          .values({ ...keyOf(trial), ...claimed, attempts: 1 })
          .onConflictDoUpdate({
            target: [modelTrials.sha256, modelTrials.cardSha256, modelTrials.processor, modelTrials.engine],
            set: { ...claimed, attempts: sql`${modelTrials.attempts} + 1` },
            setWhere: and(isNull(modelTrials.accepted), isFree),
          })
          .returning({ attempts: modelTrials.attempts }),
      );
      if (taken.length > 0) return "CLAIMED";
      const [row] = await database.select().from(modelTrials).where(isOf(trial));
      return (row && verdictOf(row)) ?? "BUSY";
    },

    async renew(trial, trierId, leaseMs) {
      await written(
        database
          .update(modelTrials)
          .set({ leaseUntil: leaseEnd(leaseMs) })
          .where(isHeld(trial, trierId)),
      );
    },

    async finish(trial, trierId, verdict) {
      const outcome = verdict.accepted ? { parameters: verdict.parameters } : { reason: verdict.reason };
      const done = { accepted: verdict.accepted, ...outcome, triedAt: sql`clock_timestamp()`, ...free };
      await written(database.update(modelTrials).set(done).where(isHeld(trial, trierId)));
    },

    async release(trial, trierId) {
      await written(database.update(modelTrials).set(free).where(isHeld(trial, trierId)));
    },

    async forgetRefusal(trial) {
      await written(
        database
          .update(modelTrials)
          .set({ accepted: null, reason: null })
          .where(and(isOf(trial), eq(modelTrials.accepted, false))),
      );
    },
  };
}

/** The verdict of a trial; null while it has not ended. */
export function verdictOf({
  accepted,
  parameters,
  reason,
}: Pick<typeof modelTrials.$inferSelect, "accepted" | "parameters" | "reason">): TrialVerdict | null {
  if (accepted === null) return null;
  return accepted ? { accepted, parameters: parameters ?? 0 } : { accepted, reason: reason ?? "" };
}

const free = { trierId: null, leaseUntil: null };

function keyOf({ sha256, cardSha256, processor, engine }: TrialKey): TrialKey {
  return { sha256, cardSha256, processor, engine };
}

function isOf({ sha256, cardSha256, processor, engine }: TrialKey): SQL | undefined {
  return and(
    eq(modelTrials.sha256, sha256),
    eq(modelTrials.cardSha256, cardSha256),
    eq(modelTrials.processor, processor),
    eq(modelTrials.engine, engine),
  );
}

function isHeld(trial: TrialKey, trierId: string): SQL | undefined {
  return and(isOf(trial), eq(modelTrials.trierId, trierId), isNull(modelTrials.accepted));
}

function leaseEnd(leaseMs: number): SQL {
  return sql`clock_timestamp() + ${leaseMs} * interval '1 millisecond'`;
}
