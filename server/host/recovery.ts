import type { Queue } from "../queue/queue.js";
import { isLive, type SessionRecord, type SessionStatus } from "../sessions/session.js";
import type { Storage } from "../storage/storage.js";

const PAGE = 100;

/**
 * To be called once at the start of a server, before its host claims: sessions that ran when the last one ended become
 * FAILED with INTERRUPTED and keep frames and checkpoint, live translations COMPLETED; those that waited wait again, in the order of their creation.
 */
export async function recoverInterrupted(storage: Storage, queue: Queue): Promise<{ interrupted: number; requeued: number }> {
  const running = await sessionsOf(storage, "RUNNING");
  const error = { code: "INTERRUPTED", message: "The server ended while this session ran." } as const;
  for (const session of running) {
    // A live translation has nothing to go on from: its frames were sent to the server that ended.
    const ending = isLive(session) ? ({ status: "COMPLETED" } as const) : ({ status: "FAILED", error } as const);
    await storage.sessions.update(session.id, { ...ending, finishedAt: new Date() }, ["RUNNING"]);
  }
  const queued = await sessionsOf(storage, "QUEUED");
  for (const { id } of queued.reverse()) await queue.add(id);
  return { interrupted: running.length, requeued: queued.length };
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
