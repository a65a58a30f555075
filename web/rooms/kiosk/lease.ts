import { useCallback, useEffect, useRef } from "react";
import { execute } from "../../graphql/execute";
import { ExtendSession } from "../../graphql/operations";
import { letGo } from "../../session/let-go";

/**
 * Lifetime of what a kiosk starts and of a visitor's photo, s. Nothing of them is left within a minute after the kiosk is
 * closed, unplugged or broken.
 */
export const LEASE_S = 45;

const RENEW_EVERY_MS = 10_000;

/**
 * Keeps the painting on show alive while it is there, and ends and deletes it when another one takes its place. Where
 * paintings are kept, does nothing. Returns the function that lets the painting live for a visitor's phone, for `seconds`.
 */
export function useLease(sessionId: string | null, keep: boolean): (seconds: number) => Promise<void> {
  const takenHome = useRef<string | null>(null);
  const renewal = useRef<Promise<unknown>>(Promise.resolve());

  useEffect(() => {
    if (sessionId === null || keep) return;
    const timer = setInterval(() => {
      if (takenHome.current === sessionId) return;
      // One that fails is followed by the next one in time.
      renewal.current = execute(ExtendSession, { id: sessionId, seconds: LEASE_S }).catch(() => undefined);
    }, RENEW_EVERY_MS);
    return () => {
      clearInterval(timer);
      if (takenHome.current !== sessionId) void letGo(sessionId);
    };
  }, [sessionId, keep]);

  return useCallback(
    async (seconds) => {
      if (sessionId === null || keep) return;
      // From now on it is neither renewed nor deleted when another one takes its place.
      takenHome.current = sessionId;
      try {
        await renewal.current;
        await execute(ExtendSession, { id: sessionId, seconds });
      } catch (error) {
        takenHome.current = null;
        throw error;
      }
    },
    [sessionId, keep],
  );
}
