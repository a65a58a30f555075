import type { FrameStore, Storage } from "../../storage/storage.js";
import type { FrameRecord } from "../../records/session.js";
import { SharedFrame } from "./shared-frame.js";

/** The frames of a session that can be had now: of a live translation those of its ring, of all others the stored ones. */
export interface KeptFrames extends Pick<FrameStore, "find" | "latest" | "list"> {
  /** A frame for viewers: of a ring's frame the picture stays with it, though the ring turns on. */
  shared(frame: FrameRecord): Promise<SharedFrame>;
  /** The encoded picture of a frame. @throws AtelierError NOT_FOUND when it is kept no more. */
  picture(frame: FrameRecord): Promise<Uint8Array>;
}

/** What of a storage holds frames. */
export type FrameStores = Pick<Storage, "frames" | "recentFrames" | "blobs">;

export function keptFrames({ frames, recentFrames, blobs }: FrameStores): KeptFrames {
  return {
    find: async (sessionId, step) => (await recentFrames.find(sessionId, step)) ?? frames.find(sessionId, step),
    latest: async (sessionId) => (await recentFrames.latest(sessionId)) ?? frames.latest(sessionId),
    async list(sessionId, page, range) {
      const live = (await recentFrames.latest(sessionId)) !== null;
      return (live ? recentFrames : frames).list(sessionId, page, range);
    },
    async shared(frame) {
      const recent = await recentFrames.picture(frame.sessionId, frame.step);
      return new SharedFrame(frame, recent ? async () => recent : () => blobs.get(frame.digest));
    },
    picture: async ({ sessionId, step, digest }) => (await recentFrames.picture(sessionId, step)) ?? blobs.get(digest),
  };
}
