import { type QueueEntry, type WorkKind, workKinds } from "../records/queue.js";
import { fullLinks } from "./link-places.js";
import { claimOrder, movedAmongOwn, wholeOrder } from "./order.js";
import type { ClaimedEntry, Queue } from "./queue.js";

interface Claimant {
  kinds: readonly WorkKind[];
  settle(entry: ClaimedEntry | null): void;
}

/** A queue in this process's memory: it starts empty, and its sessions are lost with the process. */
export function openEmbeddedQueue(): Queue {
  /** In the order of arrival; those of one owner in the order in which they were moved. */
  const waiting: QueueEntry[] = [];
  const running = new Map<string, QueueEntry>();
  const served = new Map<string, number>();
  const claimants: Claimant[] = [];
  /** The order of all that wait; null when it may have changed. */
  let known: QueueEntry[] | null = null;
  let claims = 0;
  let closed = false;

  const order = () => (known ??= wholeOrder({ waiting, running, served }));
  const find = (sessionId: string) => waiting.find((entry) => entry.sessionId === sessionId);

  function take(kinds: readonly WorkKind[]): ClaimedEntry | null {
    const full = fullLinks(running.values());
    const mayBegin = ({ kind, linkId, interrupted = false }: QueueEntry) => interrupted || linkId === null || !full[kind].includes(linkId);
    const fitting = waiting.filter((entry) => kinds.includes(entry.kind) && mayBegin(entry));
    const { value: next } = claimOrder({ waiting: fitting, running, served }).next();
    if (!next) return null;
    known = null;
    waiting.splice(waiting.indexOf(next), 1);
    running.set(next.sessionId, next);
    served.set(next.ownerId, ++claims);
    // No other process can claim these sessions. Each has its own signal, so that its listeners are freed with it.
    return { ...next, fence: 0, lost: new AbortController().signal, isHeld: () => true, takeovers: 0 };
  }

  /** Gives claims what became claimable, the longest waiting one first. */
  function serve(): void {
    known = null;
    for (const claimant of [...claimants]) {
      const entry = take(claimant.kinds);
      if (!entry) continue;
      claimants.splice(claimants.indexOf(claimant), 1);
      claimant.settle(entry);
    }
  }

  return {
    storesOrder: false,

    async add(entry) {
      if (find(entry.sessionId)) return;
      waiting.push(entry);
      serve();
    },

    async claim(signal, kinds = workKinds) {
      if (closed || signal.aborted) return null;
      const next = take(kinds);
      if (next) return next;
      return new Promise((resolve) => {
        const claimant: Claimant = {
          kinds,
          settle(entry) {
            signal.removeEventListener("abort", withdraw);
            resolve(entry);
          },
        };
        const withdraw = () => {
          claimants.splice(claimants.indexOf(claimant), 1);
          claimant.settle(null);
        };
        claimants.push(claimant);
        signal.addEventListener("abort", withdraw);
      });
    },

    async release(sessionId) {
      if (running.delete(sessionId)) serve();
    },

    // The host of this process holds what runs, or will in a moment.
    seize: async () => null,

    async remove(sessionId) {
      const entry = find(sessionId);
      if (!entry) return;
      waiting.splice(waiting.indexOf(entry), 1);
      known = null;
    },

    async position(sessionId) {
      const index = order().findIndex((entry) => entry.sessionId === sessionId);
      return index < 0 ? null : index + 1;
    },

    list: async () => order().map(({ sessionId }) => sessionId),

    async move(sessionId, position) {
      const own = movedAmongOwn({ waiting, running, served }, sessionId, position);
      if (!own) return false;
      const ownerId = own[0]?.ownerId;
      // The owner's sessions exchange their places, and those of others stay where they are.
      for (const [index, entry] of waiting.entries()) if (entry.ownerId === ownerId) waiting[index] = own.shift() ?? entry;
      known = null;
      return true;
    },

    async close() {
      closed = true;
      waiting.length = 0;
      known = null;
      for (const claimant of claimants.splice(0)) claimant.settle(null);
    },
  };
}
