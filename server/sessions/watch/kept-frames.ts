import type { FrameRecord } from "../../records/pictures.js";
import type { FrameStore, Page, PageRequest, StepRange, Storage } from "../../storage/storage.js";
import { SharedFrame } from "./shared-frame.js";

/** The frames of sessions that can be read now: those in the ring of a live translation, otherwise the stored ones. */
export interface KeptFrames extends Pick<FrameStore, "find" | "latest" | "latestOf" | "list"> {
  /** A frame for viewers. A frame of a ring keeps its picture, even after the ring has dropped it. */
  shared(frame: FrameRecord): Promise<SharedFrame>;
  /** The encoded picture of a frame. @throws AtelierError NOT_FOUND when it is no longer kept. */
  picture(frame: FrameRecord): Promise<Uint8Array>;
  /** Frames for viewers, oldest first; the key of a frame is its step. */
  sharedList(sessionId: string, page: PageRequest<number>, range: StepRange): Promise<Page<SharedFrame>>;
}

export function keptFrames({ frames, recentFrames, blobs }: Pick<Storage, "frames" | "recentFrames" | "blobs">): KeptFrames {
  return {
    find: async (sessionId, step) => (await recentFrames.find(sessionId, step)) ?? frames.find(sessionId, step),
    latest: async (sessionId) => (await recentFrames.latest(sessionId)) ?? frames.latest(sessionId),
    async latestOf(sessionIds) {
      const recent = new Map<string, FrameRecord>();
      for (const sessionId of sessionIds) {
        const frame = await recentFrames.latest(sessionId);
        if (frame) recent.set(sessionId, frame);
      }
      const others = sessionIds.filter((id) => !recent.has(id));
      return others.length === 0 ? recent : new Map([...recent, ...(await frames.latestOf(others))]);
    },
    async list(sessionId, page, range) {
      const live = (await recentFrames.latest(sessionId)) !== null;
      return (live ? recentFrames : frames).list(sessionId, page, range);
    },
    async shared(frame) {
      const recent = await recentFrames.picture(frame.sessionId, frame.step);
      return new SharedFrame(frame, recent ? async () => recent : () => blobs.get(frame.digest));
    },
    picture: async ({ sessionId, step, digest }) => (await recentFrames.picture(sessionId, step)) ?? blobs.get(digest),
    async sharedList(sessionId, page, range) {
      const found = await this.list(sessionId, page, range);
      return { ...found, rows: await Promise.all(found.rows.map((frame) => this.shared(frame))) };
    },
  };
}
