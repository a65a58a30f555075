import { and, eq, gte, isNull, lt, not, or, type SQL, sql } from "drizzle-orm";
import type { TrialKey, TrialVerdict } from "../../records/shared-model.js";
import type { TrialStore } from "../fleet.js";
import { type Database, written } from "./database.js";
import { isLeaseHeld, leaseEnd } from "./lease-time.js";
import { modelTrials } from "./schema.js";

/** When a model is refused because each process that began to try it was gone before it had a verdict. */
const CUT_SHORT = { attempts: 3, reason: "It ended the process that tried it three times." };

/** Trials of shared models as rows, renewed over `renewals`. All times are those of the database's clock. */
export function sqlTrials(database: Database, renewals = database): TrialStore {
  const isLeaseOver = not(isLeaseHeld(modelTrials.leaseUntil));
  const mayBeTried = or(isNull(modelTrials.leaseUntil), and(isLeaseOver, lt(modelTrials.attempts, CUT_SHORT.attempts)));
  const isCutShort = and(isNull(modelTrials.accepted), isLeaseOver, gte(modelTrials.attempts, CUT_SHORT.attempts));
  const { accepted, parameters, reason } = modelTrials;
  const isWorn = sql<boolean>`coalesce(${isCutShort}, false)`;

  async function read(trial: TrialKey) {
    const [row] = await database.select({ accepted, parameters, reason, isWorn }).from(modelTrials).where(isOf(trial));
    return row;
  }

  return {
    async claim(trial, trierId, leaseMs) {
      const claimed = { trierId, leaseUntil: leaseEnd(leaseMs) };
      const taken = await written(
        database
          .insert(modelTrials)
          .values({ ...keyOf(trial), ...claimed, attempts: 1 })
          .onConflictDoUpdate({
            target: [modelTrials.sha256, modelTrials.cardSha256, modelTrials.device, modelTrials.engine],
            set: { ...claimed, attempts: sql`${modelTrials.attempts} + 1` },
            setWhere: and(isNull(modelTrials.accepted), mayBeTried),
          })
          .returning({ attempts: modelTrials.attempts }),
      );
      if (taken.length > 0) return "CLAIMED";
      const row = await read(trial);
      if (!row?.isWorn) return (row && verdictOf(row)) ?? "BUSY";
      const refusal = { accepted: false, reason: CUT_SHORT.reason, triedAt: sql`clock_timestamp()`, ...free };
      await written(
        database
          .update(modelTrials)
          .set(refusal)
          .where(and(isOf(trial), isCutShort)),
      );
      // Another server may have been first.
      const refused = await read(trial);
      return (refused && verdictOf(refused)) ?? "BUSY";
    },

    async renew(trial, trierId, leaseMs) {
      await written(
        renewals
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
      const begunBefore = sql`greatest(${modelTrials.attempts} - 1, 0)`;
      await written(
        database
          .update(modelTrials)
          .set({ ...free, attempts: begunBefore })
          .where(isHeld(trial, trierId)),
      );
    },

    async forgetRefusals({ sha256, cardSha256 }) {
      await written(
        database
          .update(modelTrials)
          .set({ accepted: null, reason: null, attempts: 0 })
          .where(and(eq(modelTrials.sha256, sha256), eq(modelTrials.cardSha256, cardSha256), sql`${modelTrials.accepted} is not true`)),
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

function keyOf({ sha256, cardSha256, device, engine }: TrialKey): TrialKey {
  return { sha256, cardSha256, device, engine };
}

function isOf({ sha256, cardSha256, device, engine }: TrialKey): SQL | undefined {
  return and(
    eq(modelTrials.sha256, sha256),
    eq(modelTrials.cardSha256, cardSha256),
    eq(modelTrials.device, device),
    eq(modelTrials.engine, engine),
  );
}

function isHeld(trial: TrialKey, trierId: string): SQL | undefined {
  return and(isOf(trial), eq(modelTrials.trierId, trierId), isNull(modelTrials.accepted));
}
