import type { Bus } from "../bus/bus.js";
import type { FrameMessage } from "../device/messages.js";
import type { FrameRecord } from "../records/pictures.js";
import type { Storage } from "../storage/storage.js";

/**
 * Stores a frame, picture before row, and only then publishes it: every frame that a viewer saw is in history. False
 * when the session was deleted. A step that is stored already is neither stored nor published again.
 * @throws AtelierError UNAVAILABLE when the disk is full.
 */
export async function storeAndPublish(message: FrameMessage, storage: Storage, bus: Bus): Promise<boolean> {
  const { sessionId, step, picture, mimeType, width, height, losses, computeMs } = message;
  const createdAt = new Date();
  const digest = await storage.blobs.put(picture);
  const frame: FrameRecord = {
    sessionId,
    step,
    digest,
    width,
    height,
    mimeType,
    byteLength: picture.byteLength,
    losses,
    computeMs,
    createdAt,
  };
  let stored = false;
  try {
    stored = await storage.frames.insert(frame);
  } finally {
    if (!stored) await storage.blobs.delete(digest);
  }
  if (!stored) return (await storage.sessions.find(sessionId)) !== null;
  await bus.publish(`session:${sessionId}`, { type: "frame", frame, picture });
  return true;
}
