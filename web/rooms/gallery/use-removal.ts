import { useEffect, useRef, useState } from "react";
import { execute, messageOf, ServerError } from "../../graphql/execute";
import { CancelSession, DeleteSession } from "../../graphql/operations";
import type { GalleryActions } from "./use-gallery";

/** Time in which a deletion can be undone, ms. */
const UNDO_MS = 8000;

export interface Removal {
  /** Ids of the sessions that will be deleted in a moment. */
  pending: readonly string[];
  /** How many could not be deleted and why; null if there was no failure. */
  failure: { count: number; why: string } | null;
  remove(ids: readonly string[]): void;
  undo(): void;
}

/**
 * Deletes sessions after a moment in which this can be undone; leaving the page deletes them at once.
 * @param actions `hide` takes them off the page, `reload` shows those that could not be deleted.
 */
export function useRemoval({ hide, reload }: Pick<GalleryActions, "hide" | "reload">): Removal {
  const [pending, setPending] = useState<readonly string[]>([]);
  const [failure, setFailure] = useState<Removal["failure"]>(null);
  const newest = useRef({ pending, hide, reload });
  useEffect(() => {
    newest.current = { pending, hide, reload };
  });

  async function carryOut(ids: readonly string[]) {
    newest.current.hide(ids);
    const results = await Promise.allSettled(ids.map((id) => deleteOne(id)));
    const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    if (refused.length === 0) return;
    const [first] = refused;
    setFailure({ count: refused.length, why: messageOf(first) });
    // While the server cannot be reached, the page shows that by itself.
    await newest.current.reload().catch(() => undefined);
  }
  const work = useRef(carryOut);

  useEffect(() => {
    if (pending.length === 0) return;
    const timer = setTimeout(() => {
      setPending([]);
      void work.current(pending);
    }, UNDO_MS);
    return () => clearTimeout(timer);
  }, [pending]);

  useEffect(() => {
    const leave = () => {
      const { pending: waiting } = newest.current;
      newest.current = { ...newest.current, pending: [] };
      // The page is gone and cannot show a failure.
      for (const id of waiting) deleteOne(id).catch(() => undefined);
    };
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, []);

  return {
    pending,
    failure,
    remove(ids) {
      setFailure(null);
      // Earlier sessions that still wait are deleted now: undo covers only the newest ones.
      if (pending.length > 0) void work.current(pending);
      setPending(ids);
    },
    undo: () => setPending([]),
  };
}

async function deleteOne(id: string): Promise<void> {
  try {
    await execute(DeleteSession, { id }, undefined, true);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    // The session is already gone.
    if (error.code === "NOT_FOUND") return;
    if (error.code !== "CONFLICT") throw error;
    // One that is paused has to be cancelled first.
    await execute(CancelSession, { id }, undefined, true);
    await execute(DeleteSession, { id }, undefined, true);
  }
}
