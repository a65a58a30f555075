import type { SessionFilter, SessionRecord } from "./session.js";

/** Whether a session passes a filter, with the meaning that `SessionStore.list` gives it. */
export function matchesFilter(session: SessionRecord, filter: SessionFilter): boolean {
  if (filter.kind !== undefined && session.kind !== filter.kind) return false;
  if (filter.status !== undefined && !filter.status.includes(session.status)) return false;
  if (filter.titleContains !== undefined && !contains(session.title, filter.titleContains)) return false;
  if (filter.createdAfter !== undefined && session.createdAt <= filter.createdAfter) return false;
  return filter.createdBefore === undefined || session.createdAt < filter.createdBefore;
}

function contains(title: string | null, part: string): boolean {
  return (title ?? "").toLowerCase().includes(part.toLowerCase());
}
