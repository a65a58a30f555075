import { setTimeout as delay } from "node:timers/promises";
import type { Claim } from "../records/claim.js";
import { type WorkKind, workKinds } from "../records/queue.js";
import type { Capability, LeaseStore } from "../storage/fleet.js";
import { movedAmongOwn, wholeOrder } from "./order.js";
import type { ClaimedEntry, Queue } from "./queue.js";
import type { WakeUps } from "./wake-ups.js";

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
  capability(): Omit<Capability, "kinds">;
  /** Receives errors that keep sessions from being claimed or held. */
  failed(error: unknown): void;
  leaseMs?: number;
  lookMs?: number;
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
  const held = new Map<string, { claim: Claim; lost: AbortController }>();
  /** When the leases held here were last known to hold, ms on the clock of `performance.now`. */
  let renewedAt = 0;
  let serving: Promise<void> | null = null;
  let isAskedAgain = false;

  /** Claims for those who wait here, the longest waiting one first. */
  async function serve(): Promise<void> {
    do {
      isAskedAgain = false;
      for (const claimant of [...claimants]) {
        if (!claimants.includes(claimant)) continue;
        // After a pause of this process or of the database, its own sessions would seem to be free.
        if (held.size > 0 && performance.now() - renewedAt > leaseMs / 2) await renew();
        const entry = await leases.claim(workerId, { ...capability(), kinds: claimant.kinds }, leaseMs);
        if (!entry) continue;
        // There may be more, for other processes too.
        wakeUps.send();
        // It may have been added while an earlier claimant was told that there is none.
        const taker = claimants.find(({ kinds }) => kinds.includes(entry.kind));
        if (taker) taker.settle(hold(entry));
        else await leases.release(entry);
      }
    } while (isAskedAgain);
  }

  function look(): void {
    isAskedAgain = true;
    if (serving || claimants.length === 0) return;
    serving = serve()
      .catch(failed)
      .finally(() => {
        serving = null;
      });
  }

  function hold(entry: Omit<ClaimedEntry, "lost">): ClaimedEntry {
    const lost = new AbortController();
    if (held.size === 0) renewedAt = performance.now();
    held.set(entry.sessionId, { claim: { sessionId: entry.sessionId, fence: entry.fence }, lost });
    return { ...entry, lost: lost.signal };
  }

  async function renew(): Promise<void> {
    const claims = [...held.values()];
    const began = performance.now();
    const kept = await leases.renew(
      claims.map(({ claim }) => claim),
      leaseMs,
    );
    renewedAt = began;
    for (const one of claims) {
      const isKept = kept.some(({ sessionId, fence }) => sessionId === one.claim.sessionId && fence === one.claim.fence);
      if (isKept || held.get(one.claim.sessionId) !== one) continue;
      held.delete(one.claim.sessionId);
      one.lost.abort();
    }
  }

  async function every(ms: number, work: () => void | Promise<void>): Promise<void> {
    while (await delay(ms, true, { signal: closing.signal }).catch(() => false)) await Promise.resolve(work()).catch(failed);
  }

  const timers = [every(leaseMs / 4, () => (held.size > 0 ? renew() : undefined)), every(lookMs, look)];
  const line = () => leases.line();

  return {
    async add(entry) {
      await leases.enter(entry);
      wakeUps.send();
      look();
    },

    claim(signal, kinds = workKinds) {
      if (closing.signal.aborted || signal.aborted) return Promise.resolve(null);
      wakeUps.listen(() => {
        look();
        return claimants.length > 0;
      });
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
        look();
      });
    },

    async release(sessionId) {
      const found = held.get(sessionId);
      if (!found) return;
      held.delete(sessionId);
      await leases.release(found.claim);
      wakeUps.send();
      look();
    },

    // Its record says that it waits no more.
    remove: async () => undefined,

    async position(sessionId) {
      const index = wholeOrder(await line()).findIndex((entry) => entry.sessionId === sessionId);
      return index < 0 ? null : index + 1;
    },

    list: async () => wholeOrder(await line()).map(({ sessionId }) => sessionId),

    async move(sessionId, position) {
      const own = movedAmongOwn(await line(), sessionId, position);
      if (!own) return false;
      await leases.reorder(own.map((entry) => entry.sessionId));
      return true;
    },

    async close() {
      closing.abort();
      for (const claimant of [...claimants]) claimant.settle(null);
      await Promise.all([serving, ...timers]);
      await wakeUps.close();
    },
  };
}
