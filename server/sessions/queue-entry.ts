import { limitTable } from "../limits/table.js";
import { LOCAL_OWNER } from "../records/access.js";
import type { QueueEntry, WorkKind } from "../records/queue.js";
import { isLive, type SessionRecord } from "../records/session.js";
import type { AccessStore } from "../storage/access.js";

/** How many sessions of each kind of an owner may run, while others of theirs wait; null for any number. */
export interface OwnerPlaces extends Readonly<Record<WorkKind, number | null>> {
  /** As in `QueueEntry`. */
  readonly linkId: string | null;
}

const anyPlaces: OwnerPlaces = { PAINTED: null, LIVE: null, linkId: null };

/** The places of an owner who is not asking, so that only their link tells their role: roles are not stored with sessions. */
export async function placesOfOwner(ownerId: string, access: Pick<AccessStore, "limitingLink">): Promise<OwnerPlaces> {
  if (ownerId === LOCAL_OWNER) return anyPlaces;
  const [painted, live] = [limitTable.paintedSessions.value, limitTable.liveSessions.value];
  return { PAINTED: painted, LIVE: live, linkId: await access.limitingLink(ownerId) };
}

/** A session as it waits in the queue. */
export function queueEntry(session: SessionRecord, places: OwnerPlaces): QueueEntry {
  const { id: sessionId, ownerId } = session;
  const kind = isLive(session) ? "LIVE" : "PAINTED";
  return { sessionId, ownerId, kind, ownerLimit: places[kind], linkId: places.linkId };
}
