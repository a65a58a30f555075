import type { FrameRecord } from "../../records/pictures.js";
import { RECENT_FRAMES, type RecentFrameStore, type StepRange } from "../storage.js";

interface RecentFrame {
  frame: FrameRecord;
  picture: Uint8Array;
}

/** Ring buffers of frames in this process's memory. */
export function memoryRecentFrames(): RecentFrameStore {
  /** Oldest first. */
  const rings = new Map<string, RecentFrame[]>();
  const ringOf = (sessionId: string) => rings.get(sessionId) ?? [];
  const latest = (sessionId: string) => ringOf(sessionId).at(-1)?.frame;
  const entry = (sessionId: string, step: number) => ringOf(sessionId).find(({ frame }) => frame.step === step);

  function within(sessionId: string, { fromStep = 0, toStep = Number.POSITIVE_INFINITY }: StepRange): FrameRecord[] {
    const frames = ringOf(sessionId).map(({ frame }) => frame);
    return frames.filter(({ step }) => step >= fromStep && step <= toStep);
  }

  return {
    async put(frame, picture) {
      const ring = ringOf(frame.sessionId);
      rings.set(frame.sessionId, ring);
      ring.push({ frame, picture });
      if (ring.length > RECENT_FRAMES) ring.shift();
      return true;
    },

    find: async (sessionId, step) => entry(sessionId, step)?.frame ?? null,

    latest: async (sessionId) => latest(sessionId) ?? null,

    latestOf: async (sessionIds) => new Map(sessionIds.map(latest).flatMap((frame) => (frame ? [[frame.sessionId, frame]] : []))),

    async list(sessionId, { first, after }, range) {
      const rest = within(sessionId, range).filter((frame) => frame.step > (after ?? -1));
      return { rows: rest.slice(0, first), hasNextPage: rest.length > first };
    },

    count: async (sessionId, range) => within(sessionId, range).length,

    picture: async (sessionId, step) => entry(sessionId, step)?.picture ?? null,

    // One process has all claims.
    fence: async () => undefined,

    clear: async (sessionId) => void rings.delete(sessionId),
  };
}
