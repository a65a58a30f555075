import { and, eq, inArray, isNotNull, isNull, max, not, or, type SQL, sql } from "drizzle-orm";
import type { Claim } from "../../records/claim.js";
import { type QueueEntry, type WorkKind, workKinds } from "../../records/queue.js";
import type { LeaseStore } from "../fleet.js";
import { type Database, written } from "./database.js";
import { isLeaseHeld, leaseEnd } from "./lease-time.js";
import { sessions } from "./schema.js";
import { isAtMost } from "./session-filters.js";
import { limitingLink } from "./usage.js";

/** Key of the lock under which sessions are claimed: two claims at once would count the same sessions as running. */
const CLAIM_LOCK = 7_214_301;

const kind = sql<WorkKind>`case when ${sessions.kind} = 'TRANSLATION' and ${sessions.sourceId} is null then 'LIVE' else 'PAINTED' end`;
/** Stands for any number of sessions, or of pixels. A session without a number of sessions was not entered yet. */
const ANY_NUMBER = 2 ** 31 - 1;
/** How long a session may wait for being entered, ms: the server that stored it may have died. */
const ENTERED_MS = 5000;

const enteredBy = sql`${sessions.queuedAt} + ${ENTERED_MS} * interval '1 millisecond'`;

const isUnfinished = inArray(sessions.status, ["QUEUED", "RUNNING"]);
const isLeased = isLeaseHeld(sessions.leaseUntil);
const isFree = or(isNull(sessions.leaseUntil), not(isLeased));
/**
 * A session that had its turn and waits no second time: its worker died, or it was suspended while nothing could be stored. One
 * that a client has resumed was queued anew.
 */
const isInterrupted = sql<boolean>`(${sessions.status} = 'RUNNING'
  or ${sessions.status} = 'QUEUED' and ${sessions.startedAt} is not null and coalesce(${sessions.queuedAt} <= ${sessions.claimedAt}, false))`;
/** A session that was paused and resumed before its host released it. */
const isQueuedAgain = sql<boolean>`${sessions.status} = 'QUEUED' and ${sessions.queuedAt} > ${sessions.claimedAt}`;

/** Leases in the rows of the sessions, renewed over `renewals`. All times are those of the database's clock. */
export function sqlLeases(database: Database, renewals = database): LeaseStore {
  /** Claims the session that `isNext` is true for; null when its row is locked, or there is none any more. */
  function claimOne(isNext: SQL, workerId: string, leaseMs: number): ReturnType<LeaseStore["claim"]> {
    return database.transaction(async (transaction) => {
      await transaction.execute(sql`select pg_advisory_xact_lock(${CLAIM_LOCK})`);
      const next = transaction.select({ id: sessions.id }).from(sessions).where(isNext).for("update", { skipLocked: true });
      // One that was released, as at an update of the worker, was not taken from a worker that died.
      const isTakenOver = and(eq(sessions.status, "RUNNING"), isNotNull(sessions.leaseUntil));
      const [row] = await written(
        transaction
          .update(sessions)
          .set({
            workerId,
            leaseUntil: leaseEnd(leaseMs),
            claimedAt: sql`clock_timestamp()`,
            fence: sql`${sessions.fence} + 1`,
            takeovers: sql`${sessions.takeovers} + case when ${isTakenOver} then 1 else 0 end`,
          })
          // Read again under the lock of the row: a client may have ended the session meanwhile.
          .where(and(inArray(sessions.id, next), isUnfinished, isFree))
          .returning({ ...entryColumns, fence: sessions.fence, takeovers: sessions.takeovers }),
      );
      return row ? { ...entryOf(row), fence: row.fence, takeovers: row.takeovers } : null;
    });
  }

  return {
    async enter({ sessionId, ownerLimit }) {
      await written(
        database
          .update(sessions)
          .set({ ownerLimit: ownerLimit ?? ANY_NUMBER })
          .where(eq(sessions.id, sessionId)),
      );
    },

    async claim(workerId, wants, leaseMs, isExpected = false) {
      const expected = isExpected ? await claimOne(sql`${sessions.id} = (${nextSession(wants)})`, workerId, leaseMs) : null;
      if (expected) return expected;
      const passedOver: string[] = [];
      for (;;) {
        // Workers that are free ask every second. They take turns only when there is something for them.
        const isNext = sql`${sessions.id} = (${nextSession({ ...wants, except: [...(wants.except ?? []), ...passedOver] })})`;
        const [found] = await database.select({ id: sessions.id }).from(sessions).where(isNext);
        if (!found) return null;
        const claimed = await claimOne(isNext, workerId, leaseMs);
        if (claimed) return claimed;
        // A process that hangs may hold its row, until the database ends the transaction; or it was claimed meanwhile.
        passedOver.push(found.id);
      }
    },

    async seize(workerId, sessionId, leaseMs) {
      const [row] = await written(
        database
          .update(sessions)
          .set({ workerId, leaseUntil: leaseEnd(leaseMs), fence: sql`${sessions.fence} + 1` })
          .where(and(eq(sessions.id, sessionId), isUnfinished, isFree))
          .returning({ fence: sessions.fence }),
      );
      return row ? { sessionId, fence: row.fence } : null;
    },

    async renew(claims, leaseMs) {
      if (claims.length === 0) return [];
      const claimOf = { sessionId: sessions.id, fence: sessions.fence };
      // Not one that was given back meanwhile.
      const isHeld = and(isNotNull(sessions.leaseUntil), or(...claims.map(isClaimed)));
      // A row that a process which hangs has locked must not keep the others from being renewed.
      const free = renewals.select({ id: sessions.id }).from(sessions).where(isHeld).for("no key update", { skipLocked: true });
      const renewed = await written(
        renewals
          .update(sessions)
          .set({ leaseUntil: leaseEnd(leaseMs) })
          .where(and(inArray(sessions.id, free), isHeld))
          .returning(claimOf),
      );
      const holding = renewed.map((claim) => ({ ...claim, isRenewed: true }));
      if (renewed.length === claims.length) return holding;
      const held = await renewals.select(claimOf).from(sessions).where(isHeld);
      const locked = held.filter(({ sessionId }) => renewed.every((claim) => claim.sessionId !== sessionId));
      return [...holding, ...locked.map((claim) => ({ ...claim, isRenewed: false }))];
    },

    async release(claim) {
      await written(database.update(sessions).set({ workerId: null, leaseUntil: null }).where(isClaimed(claim)));
    },

    async hasClaimable() {
      const next = nextSession({ kinds: workKinds, models: null, maxSize: ANY_NUMBER });
      return (await database.$count(sessions, sql`${sessions.id} = (${next})`)) > 0;
    },

    async untilNextDue() {
      const at = sql`case when ${isLeased} then ${sessions.leaseUntil} when ${sessions.ownerLimit} is null then ${enteredBy} end`;
      const [row] = await database
        .select({ ms: sql<number | null>`extract(epoch from min(at) - clock_timestamp())::float8 * 1000` })
        .from(
          database
            .select({ at: at.as("at") })
            .from(sessions)
            .where(isUnfinished)
            .as("due"),
        )
        .where(sql`at > clock_timestamp()`);
      return row?.ms ?? null;
    },

    async wantedModels() {
      const model = sql<string>`${sessions.settings} ->> 'model'`;
      const rows = await database.selectDistinct({ model }).from(sessions).where(and(isUnfinished, isFree));
      return rows.map((row) => row.model);
    },

    async line() {
      const rows = await database
        .select({ ...entryColumns, isLeased: sql<boolean>`coalesce(${isLeased}, false)`, isQueuedAgain })
        .from(sessions)
        .where(isUnfinished)
        .orderBy(sessions.queuedAt, sessions.ordinal);
      const owners = [...new Set(rows.map(({ ownerId }) => ownerId))];
      const served = await database
        .select({ ownerId: sessions.ownerId, at: max(sessions.claimedAt) })
        .from(sessions)
        .where(and(inArray(sessions.ownerId, owners), isNotNull(sessions.claimedAt)))
        .groupBy(sessions.ownerId);
      return {
        waiting: rows.filter((row) => !row.isLeased || row.isQueuedAgain).map(entryOf),
        running: new Map(rows.filter((row) => row.isLeased).map((row) => [row.sessionId, entryOf(row)])),
        served: new Map(served.map(({ ownerId, at }) => [ownerId, at?.getTime() ?? 0])),
      };
    },

    reorder: (before, after) =>
      database.transaction(async (transaction) => {
        const rows = await transaction
          .select({ id: sessions.id, queuedAt: sessions.queuedAt, ordinal: sessions.ordinal })
          .from(sessions)
          .where(inArray(sessions.id, [...after]))
          .orderBy(sessions.id)
          .for("update");
        // PostgreSQL sorts before it waits for the locks.
        rows.sort((one, other) => one.queuedAt.getTime() - other.queuedAt.getTime() || one.ordinal - other.ordinal);
        const isThere = (id: string) => rows.some((row) => row.id === id);
        const known = before.filter(isThere);
        if (rows.some(({ id }, place) => id !== known[place])) return false;
        const waiting = after.filter(isThere);
        let last = Number.NEGATIVE_INFINITY;
        for (const [index, { queuedAt }] of rows.entries()) {
          last = Math.max(last + 1, queuedAt.getTime());
          const id = waiting[index];
          const found = rows.find((row) => row.id === id);
          if (id === undefined || found?.queuedAt.getTime() === last) continue;
          const changed = { queuedAt: new Date(last), revision: sql`${sessions.revision} + 1` };
          await written(transaction.update(sessions).set(changed).where(eq(sessions.id, id)));
        }
        return true;
      }),
  };
}

const entryColumns = {
  sessionId: sessions.id,
  ownerId: sessions.ownerId,
  kind,
  ownerLimit: sessions.ownerLimit,
  linkId: limitingLink(sql`${sessions.ownerId}`),
  interrupted: isInterrupted,
};

function entryOf({ ownerLimit, interrupted, ...entry }: QueueEntry): QueueEntry {
  const isUnlimited = interrupted || ownerLimit === ANY_NUMBER;
  const { sessionId, ownerId, kind, linkId } = entry;
  const limit = isUnlimited ? null : ownerLimit;
  return { ...{ sessionId, ownerId, kind, linkId, ownerLimit: limit }, ...(interrupted ? { interrupted } : {}) };
}

function isClaimed({ sessionId, fence }: Claim): SQL | undefined {
  return and(eq(sessions.id, sessionId), eq(sessions.fence, fence));
}

/**
 * The id of the session that is next for a worker, by the rule of `Queue`: of each owner the first that may run; of these
 * one that was interrupted, else that of the owner with the fewest sessions running of its kind, then of the one who was
 * served longest ago, then the one that waits longest.
 */
function nextSession({ kinds, models, maxSize, except = [], fullLinks }: Parameters<LeaseStore["claim"]>[1]): SQL {
  const { id, ownerId, ownerLimit, queuedAt, ordinal, settings } = sessions;
  const draft = sql`coalesce((${settings} ->> 'draft')::boolean, false)`;
  const full = kinds.flatMap((one) => fullLinks?.[one].map((linkId) => `${one} ${linkId}`) ?? []);
  // Most workers have no link that is full, and look up none.
  const mayBegin =
    full.length === 0 ? sql`true` : sql`(open.kind || ' ' || ${limitingLink(sql`open.owner_id`)}) <> all(${sql.param(full)}::text[])`;
  const hasModel = (model: SQL) => (models === null ? sql`true` : sql`${model} = any(${sql.param(models)}::text[])`);
  return sql`
    with open as (
      select ${id} as id, ${ownerId} as owner_id, ${kind} as kind, ${ownerLimit} as owner_limit, ${isInterrupted} as interrupted,
        ${queuedAt} as queued_at, ${ordinal} as ordinal, ${isLeased} as leased,
        ${sessions.wish} is not null or ${hasModel(sql`${settings} ->> 'model'`)} and (not ${draft} or ${hasModel(sql`'vgg19-lite'`)})
          and ${isAtMost(maxSize)} as fits
      from ${sessions} where ${isUnfinished}
        and (${ownerLimit} is not null or ${isInterrupted} or ${enteredBy} < clock_timestamp())
    ), running as (
      select owner_id, kind, count(*) as count from open where leased group by owner_id, kind
    ), heads as (
      select distinct on (open.owner_id) open.*, coalesce(running.count, 0) as count
      from open left join running on running.owner_id = open.owner_id and running.kind = open.kind
      where leased is not true and fits and open.id <> all(${sql.param(except)}::text[]) and open.kind = any(${sql.param(kinds)}::text[])
        and (interrupted or (owner_limit is null or coalesce(running.count, 0) < owner_limit) and coalesce(${mayBegin}, true))
      order by open.owner_id, interrupted desc, queued_at, ordinal
    )
    select heads.id from heads
    left join lateral (select max(${sessions.claimedAt}) as at from ${sessions} where ${sessions.ownerId} = heads.owner_id) served on true
    order by interrupted desc, count, served.at nulls first, queued_at, ordinal limit 1`;
}
