import type { FrameRecord } from "../../records/pictures.js";
import type { FrameStore, Page, PageRequest, StepRange, Storage } from "../../storage/storage.js";
import { SharedFrame } from "./shared-frame.js";

/** The frames of sessions that can be read now: those in the ring of a live translation, otherwise the stored ones. */
export interface KeptFrames extends Pick<FrameStore, "find" | "latest" | "latestOf" | "listOf" | "countOf"> {
  /** A frame for viewers. A frame of a ring keeps its picture, even after the ring has dropped it. */
  shared(frame: FrameRecord): Promise<SharedFrame>;
  /** The encoded picture of a frame. @throws AtelierError NOT_FOUND when it is no longer kept. */
  picture(frame: FrameRecord): Promise<Uint8Array>;
  /** Number of a session's frames. */
  count(sessionId: string, range: StepRange): Promise<number>;
  /** Frames for viewers, oldest first; the key of a frame is its step. */
  sharedList(sessionId: string, page: PageRequest<number>, range: StepRange): Promise<Page<SharedFrame>>;
}

export function keptFrames({ frames, recentFrames, blobs }: Pick<Storage, "frames" | "recentFrames" | "blobs">): KeptFrames {
  /** Reads `recent` for each session that has a ring, and `stored` for the others together. */
  async function ofAll<Value>(
    sessionIds: readonly string[],
    recent: (id: string, newest: FrameRecord) => Value | Promise<Value>,
    stored: (ids: readonly string[]) => Promise<Map<string, Value>>,
  ): Promise<Map<string, Value>> {
    const rings = [...(await recentFrames.latestOf(sessionIds))];
    const found = new Map(await Promise.all(rings.map(async ([id, newest]) => [id, await recent(id, newest)] as const)));
    const others = sessionIds.filter((id) => !found.has(id));
    return others.length === 0 ? found : new Map([...found, ...(await stored(others))]);
  }

  const kept: KeptFrames = {
    find: async (sessionId, step) => (await recentFrames.find(sessionId, step)) ?? frames.find(sessionId, step),
    latest: async (sessionId) => (await recentFrames.latest(sessionId)) ?? frames.latest(sessionId),
    latestOf: (sessionIds) => ofAll(sessionIds, (_id, newest) => newest, frames.latestOf),
    listOf: (sessionIds, page, range) =>
      ofAll(
        sessionIds,
        (id) => recentFrames.list(id, page, range),
        (ids) => frames.listOf(ids, page, range),
      ),
    countOf: (sessionIds, range) =>
      ofAll(
        sessionIds,
        (id) => recentFrames.count(id, range),
        (ids) => frames.countOf(ids, range),
      ),
    count: async (sessionId, range) => (await kept.countOf([sessionId], range)).get(sessionId) ?? 0,
    async shared(frame) {
      const recent = await recentFrames.picture(frame.sessionId, frame.step);
      return new SharedFrame(frame, recent ? async () => recent : () => blobs.get(frame.digest));
    },
    picture: async ({ sessionId, step, digest }) => (await recentFrames.picture(sessionId, step)) ?? blobs.get(digest),
    async sharedList(sessionId, page, range) {
      const { rows, hasNextPage } = (await kept.listOf([sessionId], page, range)).get(sessionId) ?? { rows: [], hasNextPage: false };
      return { rows: await Promise.all(rows.map(kept.shared)), hasNextPage };
    },
  };
  return kept;
}
