import { limitTable } from "../limits/table.js";
import { LOCAL_OWNER } from "../records/access.js";
import type { QueueEntry, WorkKind } from "../records/queue.js";
import { isLive, type SessionRecord } from "../records/session.js";

/** How many sessions of each kind of an owner may run, while others of theirs wait; null for any number. */
export type OwnerPlaces = Readonly<Record<WorkKind, number | null>>;

export const anyPlaces: OwnerPlaces = { PAINTED: null, LIVE: null };

/** The places of an owner whose role is not known, because roles are not stored with sessions. */
export function placesOfOwner(ownerId: string): OwnerPlaces {
  if (ownerId === LOCAL_OWNER) return anyPlaces;
  return { PAINTED: limitTable.paintedSessions.value, LIVE: limitTable.liveSessions.value };
}

/** A session as it waits in the queue. */
export function queueEntry(session: SessionRecord, places: OwnerPlaces): QueueEntry {
  const { id: sessionId, ownerId } = session;
  const kind = isLive(session) ? "LIVE" : "PAINTED";
  return { sessionId, ownerId, kind, ownerLimit: places[kind] };
}
