import { setTimeout as delay } from "node:timers/promises";
import type { Claim } from "../records/claim.js";
import { type QueueEntry, type QueueLine, type WorkKind, workKinds } from "../records/queue.js";
import type { Capability, LeaseStore } from "../storage/fleet.js";
import { fullLinks } from "./link-places.js";
import { movedAmongOwn, wholeOrder } from "./order.js";
import type { ClaimedEntry, Queue } from "./queue.js";
import type { WakeUpListener, WakeUps } from "./wake-ups.js";

/** How long a claim holds without being renewed, ms: the sessions of a worker that died wait as long. */
const LEASE_MS = 5000;
/** Time between two looks for sessions that no wake-up announced, ms. */
const LOOK_MS = 1000;

export interface RemoteQueueParts {
  leases: LeaseStore;
  wakeUps: WakeUps;
  /** Id of this process, in no other. */
  workerId: string;
  /** What this process can run now. */
  capability(): Pick<Capability, "models" | "maxSize">;
  /** Receives errors that keep sessions from being claimed or held. */
  failed(error: unknown): void;
  leaseMs?: number;
  lookMs?: number;
}

interface Held {
  claim: Claim;
  /** Null for a session that is held only to end it. */
  entry: QueueEntry | null;
  lost: AbortController;
  /** When the lease ends at the latest by this process's clock, ms. */
  endsAt: number;
}

interface Claimant {
  kinds: readonly WorkKind[];
  settle(entry: ClaimedEntry | null): void;
}

/**
 * The queue of several processes. Who waits and who holds what is in the database; wake-ups only shorten the time until a
 * session is claimed.
 */
export function openRemoteQueue({
  leases,
  wakeUps,
  workerId,
  capability,
  failed,
  leaseMs = LEASE_MS,
  lookMs = LOOK_MS,
}: RemoteQueueParts): Queue {
  const closing = new AbortController();
  const claimants: Claimant[] = [];
  /** Claims that were not released, also those that were lost: this process has not let go of their sessions. */
  const held = new Map<string, Held>();
  let serving: Promise<void> | null = null;
  let isAskedAgain = false;
  /** Whether a session was announced to this process alone since the last look began. */
  let isExpecting = false;
  /** How many sessions this process has claimed. */
  let claims = 0;

  /** Claims for those who wait here, the longest waiting one first. */
  async function serve(): Promise<void> {
    do {
      const isExpected = isExpecting;
      isAskedAgain = isExpecting = false;
      for (const claimant of [...claimants]) {
        if (!claimants.includes(claimant)) continue;
        const asked = performance.now();
        const running = [...held.values()].flatMap(({ entry }) => entry ?? []);
        const wants = { ...capability(), kinds: claimant.kinds, except: [...held.keys()], fullLinks: fullLinks(running) };
        const entry = await leases.claim(workerId, wants, leaseMs, isExpected);
        if (!entry) continue;
        claims++;
        // There may be more, for other processes too.
        wakeUps.send();
        // Another one may take the session over then, unless this process renews the lease.
        wakeUps.sendDelayed(leaseMs);
        // It may have been added while an earlier claimant was told that there is none.
        const taker = claimants.find(({ kinds }) => kinds.includes(entry.kind));
        if (taker) taker.settle({ ...entry, ...hold(entry, entry, asked) });
        else await leases.release(entry);
      }
    } while (isAskedAgain);
  }

  /** Resolves when a look that began after this call is over. */
  async function look(): Promise<void> {
    isAskedAgain = true;
    // One that is just ending may not have seen this.
    while (isAskedAgain && claimants.length > 0) {
      serving ??= serve()
        .catch(failed)
        .finally(() => {
          serving = null;
        });
      await serving;
    }
  }

  /** What wake-ups ask the database now. */
  const questions = new Set<Promise<unknown>>();
  /** What the database says, or `otherwise` when it cannot be asked. */
  async function ask<Answer>(question: () => Promise<Answer>, otherwise: Answer): Promise<Answer> {
    const asking = question().catch((error: unknown) => {
      failed(error);
      return otherwise;
    });
    questions.add(asking);
    return asking.finally(() => questions.delete(asking));
  }

  const listener: WakeUpListener = {
    async look(isExpected) {
      const before = claims;
      isExpecting ||= isExpected;
      await look();
      return claims > before;
    },
    async leavesSome() {
      // A wake-up may still be at work when the queue closes, and the storage closes next.
      if (closing.signal.aborted) return false;
      // Others may reach the database.
      return ask(() => leases.hasClaimable(), true);
    },
    untilNextDue: async () => (closing.signal.aborted ? null : ask(() => leases.untilNextDue(), null)),
  };

  /** `asked` is when the lease was asked for, ms: the database granted it later. */
  function hold({ sessionId, fence }: Claim, entry: QueueEntry | null, asked: number): Pick<ClaimedEntry, "lost" | "isHeld"> {
    const one: Held = { claim: { sessionId, fence }, entry, lost: new AbortController(), endsAt: asked + leaseMs };
    held.set(sessionId, one);
    return { lost: one.lost.signal, isHeld: () => !one.lost.signal.aborted && performance.now() <= one.endsAt };
  }

  async function renew(): Promise<void> {
    const asked = performance.now();
    const claims = [...held.values()].filter(({ lost }) => !lost.signal.aborted);
    if (claims.length === 0) return;
    const kept = await leases.renew(
      claims.map(({ claim }) => claim),
      leaseMs,
    );
    for (const one of claims) {
      const holds = kept.find(({ sessionId, fence }) => sessionId === one.claim.sessionId && fence === one.claim.fence);
      if (holds) one.endsAt = holds.isRenewed ? asked + leaseMs : one.endsAt;
      else if (held.get(one.claim.sessionId) === one) one.lost.abort();
    }
  }

  /** A lease that could not be renewed in time is lost, whether or not the database can be asked. */
  function loseEnded(): void {
    for (const { lost, endsAt } of held.values()) if (performance.now() > endsAt) lost.abort();
  }

  async function every(ms: number, work: () => void | Promise<void>): Promise<void> {
    while (await delay(ms, true, { signal: closing.signal }).catch(() => false)) await Promise.resolve(work()).catch(failed);
  }

  let renewing: Promise<void> | null = null;
  function keep(): void {
    loseEnded();
    renewing ??= renew()
      .catch(failed)
      .finally(() => {
        renewing = null;
      });
  }
  const timers = [every(leaseMs / 4, keep), every(lookMs, look)];

  let reading: Promise<QueueLine> | null = null;
  /** Those who ask at the same time share an answer: a page shows the places of many sessions. */
  function line(): Promise<QueueLine> {
    reading ??= leases.line().finally(() => {
      reading = null;
    });
    return reading;
  }

  return {
    storesOrder: true,

    async add(entry) {
      await leases.enter(entry);
      wakeUps.send();
      void look();
    },

    claim(signal, kinds = workKinds) {
      if (closing.signal.aborted || signal.aborted) return Promise.resolve(null);
      wakeUps.listen(listener);
      return new Promise((resolve) => {
        const withdraw = () => claimant.settle(null);
        const claimant: Claimant = {
          kinds,
          settle(entry) {
            claimants.splice(claimants.indexOf(claimant), 1);
            signal.removeEventListener("abort", withdraw);
            resolve(entry);
          },
        };
        claimants.push(claimant);
        signal.addEventListener("abort", withdraw);
        void look();
      });
    },

    async release(sessionId) {
      const found = held.get(sessionId);
      if (!found) return;
      held.delete(sessionId);
      await leases.release(found.claim);
      wakeUps.send();
      void look();
    },

    async seize(sessionId) {
      if (held.has(sessionId)) return null;
      const asked = performance.now();
      const claim = await leases.seize(workerId, sessionId, leaseMs);
      if (claim) hold(claim, null, asked);
      return claim;
    },

    // Its record says that it waits no more.
    remove: async () => undefined,

    async position(sessionId) {
      const index = wholeOrder(await line()).findIndex((entry) => entry.sessionId === sessionId);
      return index < 0 ? null : index + 1;
    },

    list: async () => wholeOrder(await line()).map(({ sessionId }) => sessionId),

    async move(sessionId, position) {
      for (;;) {
        const known = await leases.line();
        const own = movedAmongOwn(known, sessionId, position);
        if (!own) return false;
        const before = known.waiting.filter((entry) => own.includes(entry));
        const ids = [before, own].map((entries) => entries.map((entry) => entry.sessionId)) as [string[], string[]];
        // Another server may have changed the order since it was read.
        if (await leases.reorder(...ids)) return true;
      }
    },

    async close() {
      closing.abort();
      for (const claimant of [...claimants]) claimant.settle(null);
      await Promise.all([serving, renewing, ...timers, ...questions]);
      await wakeUps.close();
    },
  };
}
