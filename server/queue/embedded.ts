import { claimOrder } from "./order.js";
import { type Queue, type QueueEntry, type WorkKind, workKinds } from "./queue.js";

interface Claimant {
  kinds: readonly WorkKind[];
  settle(entry: QueueEntry | null): void;
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

  function order(): QueueEntry[] {
    if (!known) {
      const ready = new Set(claimOrder(waiting, { running, served }));
      known = [...ready, ...waiting.filter((entry) => !ready.has(entry))];
    }
    return known;
  }

  const find = (sessionId: string) => waiting.find((entry) => entry.sessionId === sessionId);

  function take(kinds: readonly WorkKind[]): QueueEntry | null {
    const fitting = waiting.filter(({ kind }) => kinds.includes(kind));
    const { value: next } = claimOrder(fitting, { running, served }).next();
    if (!next) return null;
    known = null;
    waiting.splice(waiting.indexOf(next), 1);
    running.set(next.sessionId, next);
    served.set(next.ownerId, ++claims);
    return next;
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

    async remove(sessionId) {
      const entry = find(sessionId);
      if (!entry) return false;
      waiting.splice(waiting.indexOf(entry), 1);
      known = null;
      return true;
    },

    async position(sessionId) {
      const index = order().findIndex((entry) => entry.sessionId === sessionId);
      return index < 0 ? null : index + 1;
    },

    list: async () => order().map(({ sessionId }) => sessionId),

    async move(sessionId, position) {
      const moved = find(sessionId);
      if (!moved) return false;
      const isOther = (entry: QueueEntry) => entry.ownerId === moved.ownerId && entry !== moved;
      const own = waiting.filter(isOther);
      const follower = order()
        .filter((entry) => entry !== moved)
        .slice(Math.max(0, position - 1))
        .find(isOther);
      own.splice(follower ? own.indexOf(follower) : own.length, 0, moved);
      // The owner's sessions exchange their places, and those of others stay where they are.
      for (const [index, { ownerId }] of waiting.entries()) {
        if (ownerId === moved.ownerId) waiting[index] = own.shift() ?? moved;
      }
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
