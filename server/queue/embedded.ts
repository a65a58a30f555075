import { type Queue, type WorkKind, workKinds } from "./queue.js";

interface Claimant {
  kinds: readonly WorkKind[];
  settle(sessionId: string | null): void;
}

/** A queue in this process's memory: it starts empty, and its sessions are lost with the process. */
export function openEmbeddedQueue(): Queue {
  const waiting: { id: string; kind: WorkKind }[] = [];
  const claimants: Claimant[] = [];
  const indexOf = (sessionId: string) => waiting.findIndex(({ id }) => id === sessionId);
  let closed = false;

  return {
    async add(sessionId, kind = "PAINTED") {
      if (indexOf(sessionId) >= 0) return;
      const index = claimants.findIndex(({ kinds }) => kinds.includes(kind));
      const [claimant] = index < 0 ? [] : claimants.splice(index, 1);
      if (claimant) claimant.settle(sessionId);
      else waiting.push({ id: sessionId, kind });
    },

    async claim(signal, kinds = workKinds) {
      if (closed || signal.aborted) return null;
      const index = waiting.findIndex(({ kind }) => kinds.includes(kind));
      const [next] = index < 0 ? [] : waiting.splice(index, 1);
      if (next) return next.id;
      return new Promise((resolve) => {
        const claimant: Claimant = {
          kinds,
          settle(sessionId) {
            signal.removeEventListener("abort", withdraw);
            resolve(sessionId);
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

    async remove(sessionId) {
      const index = indexOf(sessionId);
      if (index < 0) return false;
      waiting.splice(index, 1);
      return true;
    },

    async position(sessionId) {
      const index = indexOf(sessionId);
      return index < 0 ? null : index + 1;
    },

    list: async () => waiting.map(({ id }) => id),

    async move(sessionId, position) {
      const index = indexOf(sessionId);
      const [moved] = index < 0 ? [] : waiting.splice(index, 1);
      if (!moved) return false;
      waiting.splice(Math.max(0, position - 1), 0, moved);
      return true;
    },

    async close() {
      closed = true;
      waiting.length = 0;
      for (const claimant of claimants.splice(0)) claimant.settle(null);
    },
  };
}
