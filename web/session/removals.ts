import { useSyncExternalStore } from "react";
import { execute, messageOf, ServerError } from "../graphql/execute";
import { CancelAndDeleteSession, DeleteSession, PlaceQuery, type SessionStatus } from "../graphql/operations";
import { removalTexts as texts } from "../texts/removal";
import { canBeDeleted } from "./session-state";

/** Time in which a deletion can be undone, ms. */
const UNDO_MS = 8000;

/** A session to delete. */
export interface Removable {
  id: string;
  status: SessionStatus;
}

export interface Removals {
  /** Sessions that will be deleted in a moment. */
  pending: readonly Removable[];
  /** Ids of sessions that are deleted, or are about to be: no page shows them. */
  hidden: ReadonlySet<string>;
  /** How many could not be deleted and why; null if there was no failure. */
  failure: { count: number; why: string } | null;
}

const nothing: Removals = { pending: [], hidden: new Set(), failure: null };

/** The deletions of this tab, which last while the page changes. */
let current = nothing;
const listeners = new Set<() => void>();
const timers = new Map<readonly Removable[], ReturnType<typeof setTimeout>>();

function change(next: Partial<Removals>): void {
  current = { ...current, ...next };
  for (const listener of listeners) listener();
}

/** The deletions of this tab, kept up to date. */
export function useRemovals(): Removals {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
    () => nothing,
  );
}

/** Deletes sessions after a moment in which this can be undone; leaving the studio deletes them at once. */
export function remove(sessions: readonly Removable[]): void {
  if (timers.size === 0) window.addEventListener("pagehide", removeNow);
  change({
    pending: [...current.pending, ...sessions],
    hidden: new Set([...current.hidden, ...sessions.map(({ id }) => id)]),
    failure: null,
  });
  timers.set(
    sessions,
    setTimeout(() => void carryOut(sessions), UNDO_MS),
  );
}

/** Keeps all sessions that are not deleted yet. */
export function undoRemovals(): void {
  for (const timer of timers.values()) clearTimeout(timer);
  timers.clear();
  show(current.pending.map(({ id }) => id));
}

async function carryOut(sessions: readonly Removable[]): Promise<void> {
  timers.delete(sessions);
  change({ pending: current.pending.filter((one) => !sessions.includes(one)) });
  const results = await Promise.allSettled(sessions.map(deleteOne));
  const refused = results.flatMap((result, place) =>
    result.status === "rejected" ? [{ id: sessions[place]!.id, why: result.reason }] : [],
  );
  if (refused.length === 0) return;
  show(refused.map(({ id }) => id));
  change({ failure: { count: refused.length, why: messageOf(refused[0]?.why) } });
}

function show(ids: readonly string[]): void {
  const hidden = new Set([...current.hidden].filter((id) => !ids.includes(id)));
  change({ pending: current.pending.filter(({ id }) => !ids.includes(id)), hidden });
}

async function deleteOne({ id }: Removable): Promise<void> {
  // Another page may have let it continue.
  const { session } = await execute(PlaceQuery, { id });
  if (!session) return;
  if (!canBeDeleted(session.status)) throw new Error(texts.continued);
  try {
    await sendDeletion({ id, status: session.status });
  } catch (error) {
    // Another page was faster.
    if (!(error instanceof ServerError) || error.code !== "NOT_FOUND") throw error;
  }
}

/** One that is paused has to be cancelled first. Sent even while the page unloads. */
function sendDeletion({ id, status }: Removable): Promise<unknown> {
  return execute(status === "PAUSED" ? CancelAndDeleteSession : DeleteSession, { id }, undefined, true);
}

/** The page is gone and cannot show a failure. */
function removeNow(): void {
  for (const timer of timers.values()) clearTimeout(timer);
  timers.clear();
  for (const session of current.pending) sendDeletion(session).catch(() => undefined);
}
