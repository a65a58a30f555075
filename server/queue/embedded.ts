import type { Queue } from "./queue.js";

/** A queue in this process's memory: it starts empty, and its sessions are lost with the process. */
export function openEmbeddedQueue(): Queue {
  const waiting: string[] = [];
  const claimants: ((sessionId: string | null) => void)[] = [];
  let closed = false;

  return {
    async add(sessionId) {
      if (waiting.includes(sessionId)) return;
      const claimant = claimants.shift();
      if (claimant) claimant(sessionId);
      else waiting.push(sessionId);
    },

    async claim(signal) {
      if (closed || signal.aborted) return null;
      const next = waiting.shift();
      if (next !== undefined) return next;
      return new Promise((resolve) => {
        const settle = (sessionId: string | null) => {
          signal.removeEventListener("abort", withdraw);
          resolve(sessionId);
        };
        const withdraw = () => {
          claimants.splice(claimants.indexOf(settle), 1);
          settle(null);
        };
        claimants.push(settle);
        signal.addEventListener("abort", withdraw);
      });
    },

    async remove(sessionId) {
      const index = waiting.indexOf(sessionId);
      if (index < 0) return false;
      waiting.splice(index, 1);
      return true;
    },

    async position(sessionId) {
      const index = waiting.indexOf(sessionId);
      return index < 0 ? null : index + 1;
    },

    list: async () => [...waiting],

    async move(sessionId, position) {
      const index = waiting.indexOf(sessionId);
      if (index < 0) return false;
      waiting.splice(index, 1);
      waiting.splice(Math.max(0, position - 1), 0, sessionId);
      return true;
    },

    async close() {
      closed = true;
      waiting.length = 0;
      for (const claimant of claimants.splice(0)) claimant(null);
    },
  };
}
