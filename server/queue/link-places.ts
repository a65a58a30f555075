import { limitTable } from "../limits/table.js";
import { type QueueEntry, type WorkKind, workKinds } from "../records/queue.js";

/** How many sessions of the visitors of one link a process runs at a time when it begins one more of a kind. */
const ofAllKinds = limitTable.linkRunningSessions.value;
const ofLive = limitTable.linkRunningLiveSessions.value;

/**
 * The links of which a process begins no more sessions, by kind, with those that run there: a link that many have, or that was
 * passed on, leaves a place to others. A browser that forgets its cookie is a new owner each time, but comes by the same link.
 */
export function fullLinks(running: Iterable<Pick<QueueEntry, "linkId" | "kind">>): Record<WorkKind, string[]> {
  const counts = new Map<string, Record<WorkKind, number>>();
  for (const { linkId, kind } of running) {
    if (linkId === null) continue;
    const count = counts.get(linkId) ?? { PAINTED: 0, LIVE: 0 };
    count[kind]++;
    counts.set(linkId, count);
  }
  const isFull = (kind: WorkKind, { PAINTED, LIVE }: Record<WorkKind, number>) =>
    PAINTED + LIVE >= ofAllKinds || (kind === "LIVE" && LIVE >= ofLive);
  const of = (kind: WorkKind) => [...counts].filter(([, count]) => isFull(kind, count)).map(([linkId]) => linkId);
  return Object.fromEntries(workKinds.map((kind) => [kind, of(kind)])) as Record<WorkKind, string[]>;
}
