import { useEffect, useRef, useState } from "react";
import { AwaitsApprovalQuery } from "../../graphql/access-operations";
import { execute, mayPass } from "../../graphql/execute";
import { untilReached } from "../../graphql/subscribe";

/** Time between two looks whether it was approved, ms. */
const LOOK_EVERY_MS = 10_000;

/**
 * Whether a session that this browser opened a link to waits for an admin's approval; it is looked for only while `asks`.
 * Calls `onDecided` when it no longer waits.
 */
export function useAwaitsApproval(id: string, asks: boolean, onDecided: () => void): boolean {
  const [waits, setWaits] = useState(false);
  const decided = useRef(onDecided);
  useEffect(() => {
    decided.current = onDecided;
  });
  useEffect(() => {
    if (!asks) return;
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let waited = false;
    const query = () => execute(AwaitsApprovalQuery, { id }, ending.signal);
    const look = async () => {
      try {
        const { server } = await untilReached(query, ending.signal, mayPass);
        const now = server.access.awaitsApproval;
        setWaits(now);
        if (waited && !now) return decided.current();
        waited = now;
      } catch (error) {
        if (ending.signal.aborted) return;
        console.debug("Whether the session waits for approval is not known:", error);
      }
      if (waited) timer = setTimeout(look, LOOK_EVERY_MS);
    };
    void look();
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [id, asks]);
  return asks && waits;
}
