import type { QueueEntry } from "../records/queue.js";
import { isLive, type SessionRecord } from "../records/session.js";

/** A session as it waits in the queue. `livePlaces` is how many live translations of its owner may run; null for any number. */
export function queueEntry(session: SessionRecord, livePlaces: number | null): QueueEntry {
  const { id: sessionId, ownerId } = session;
  return isLive(session)
    ? { sessionId, ownerId, kind: "LIVE", ownerLimit: livePlaces }
    : { sessionId, ownerId, kind: "PAINTED", ownerLimit: null };
}
