import type { FrameRecord } from "../../records/pictures.js";
import { RECENT_FRAMES, type RecentFrameStore } from "../storage.js";

interface RecentFrame {
  frame: FrameRecord;
  picture: Uint8Array;
}

/** Ring buffers of frames in this process's memory. */
export function memoryRecentFrames(): RecentFrameStore {
  /** Oldest first. */
  const rings = new Map<string, RecentFrame[]>();
  const ringOf = (sessionId: string) => rings.get(sessionId) ?? [];
  const entry = (sessionId: string, step: number) => ringOf(sessionId).find(({ frame }) => frame.step === step);

  return {
    async put(frame, picture) {
      const ring = ringOf(frame.sessionId);
      rings.set(frame.sessionId, ring);
      ring.push({ frame, picture });
      if (ring.length > RECENT_FRAMES) ring.shift();
    },

    find: async (sessionId, step) => entry(sessionId, step)?.frame ?? null,

    latest: async (sessionId) => ringOf(sessionId).at(-1)?.frame ?? null,

    async list(sessionId, { first, after }, { fromStep = 0, toStep = Number.POSITIVE_INFINITY }) {
      const within = ringOf(sessionId).filter(({ frame: { step } }) => step >= fromStep && step <= toStep);
      const rest = within.filter(({ frame }) => frame.step > (after ?? -1));
      return { rows: rest.slice(0, first).map(({ frame }) => frame), hasNextPage: rest.length > first, totalCount: within.length };
    },

    picture: async (sessionId, step) => entry(sessionId, step)?.picture ?? null,

    clear: async (sessionId) => void rings.delete(sessionId),
  };
}
