import type { Queue } from "../queue/queue.js";
import { isLive, type SessionRecord, type SessionStatus } from "../records/session.js";
import { placesOfOwner, queueEntry } from "../sessions/queue-entry.js";
import type { Storage } from "../storage/storage.js";

const PAGE = 100;

/**
 * Queues the sessions that a server left when it ended; call this once at the start, before the host claims. Sessions
 * that ran continue first, from their checkpoints; those that waited follow, each owner's in the order in which they
 * were queued. Live translations that ran become COMPLETED, or what a client wished. Those that waited have the limits of
 * their owner, also an admin's: roles are not stored with sessions.
 */
export async function recoverSessions(storage: Storage, queue: Queue): Promise<{ resumed: number; requeued: number }> {
  const running: SessionRecord[] = [];
  for (const session of await sessionsOf(storage, "RUNNING")) {
    // A live translation cannot continue: its frames went to the server that ended.
    const ended = { status: session.wish ?? "COMPLETED", finishedAt: new Date(), wish: null } as const;
    if (isLive(session)) await storage.sessions.update(session.id, ended, ["RUNNING"]);
    else running.push(session);
  }
  const queued = await sessionsOf(storage, "QUEUED");
  const entry = async (session: SessionRecord) => queueEntry(session, await placesOfOwner(session.ownerId, storage.access));
  for (const session of inOrder(running)) await queue.add({ ...(await entry(session)), ownerLimit: null, interrupted: true });
  for (const session of inOrder(queued)) await queue.add(await entry(session));
  return { resumed: running.length, requeued: queued.length };
}

/** In the order in which they were queued; those of the same millisecond in the order of their creation. */
function inOrder(newestFirst: readonly SessionRecord[]): SessionRecord[] {
  return newestFirst.toReversed().sort((a, b) => a.queuedAt.getTime() - b.queuedAt.getTime());
}

/** All sessions of a status, newest first. */
async function sessionsOf(storage: Storage, status: SessionStatus): Promise<SessionRecord[]> {
  const sessions: SessionRecord[] = [];
  let after: string | null = null;
  for (;;) {
    const page = await storage.sessions.list({ first: PAGE, after }, { status: [status] });
    sessions.push(...page.rows);
    const last = page.rows.at(-1);
    if (!page.hasNextPage || !last) return sessions;
    after = last.id;
  }
}
