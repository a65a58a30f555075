import type { FrameRecord } from "../../records/pictures.js";
import type { Storage } from "../../storage/storage.js";

/** A frame of a live translation with its encoded picture. */
export interface LiveResult {
  frame: FrameRecord;
  picture: Uint8Array;
}

/**
 * Stores the newest frame of a live translation for history, gallery and output; of those stored before, the first one and a
 * few more stay. Without `newest` it is that of the ring, which may be lost.
 * @throws AtelierError UNAVAILABLE when nothing can be stored.
 */
export async function keepLastFrame(
  sessionId: string,
  { recentFrames, blobs, frames }: Pick<Storage, "recentFrames" | "blobs" | "frames">,
  newest: LiveResult | null = null,
): Promise<void> {
  const frame = newest?.frame ?? (await recentFrames.latest(sessionId));
  const picture = newest?.picture ?? (frame && (await recentFrames.picture(sessionId, frame.step)));
  if (!frame || !picture) return;
  await blobs.put(picture);
  if (!(await frames.insert(frame))) await blobs.delete(frame.digest);
  for (const digest of await frames.thin(sessionId, 0)) await blobs.delete(digest);
}
