import { type Dispatch, useState } from "react";
import { type Frame, SessionEvents } from "../../graphql/operations";
import { useSubscription } from "../../graphql/use-subscription";
import { isOver } from "../../session/session-state";
import type { KioskEvent } from "./machine";

/** Time without an event after which a running painting counts as failed, ms. */
const SILENCE_MS = 120_000;

/**
 * The newest picture of the painting on show, null before its first one, and whether the server is connected. Dispatches
 * the painting's end.
 */
export function usePainting(sessionId: string | null, dispatch: Dispatch<KioskEvent>): { frame: Frame | null; connected: boolean } {
  const [newest, setNewest] = useState<{ sessionId: string; frame: Frame } | null>(null);
  const [connected, setConnected] = useState(true);
  useSubscription(sessionId, (id, signal) => {
    let over = false;
    const giveUp = () => dispatch({ type: "failed" });
    let silence = setTimeout(giveUp, SILENCE_MS);
    signal.addEventListener("abort", () => {
      clearTimeout(silence);
      setConnected(true);
    });
    return {
      document: SessionEvents,
      variables: () => ({ id, afterStep: null }),
      onEvent({ session: event }) {
        clearTimeout(silence);
        silence = setTimeout(giveUp, SILENCE_MS);
        if (event.__typename === "Frame") setNewest({ sessionId: id, frame: event });
        if (event.__typename !== "SessionChange") return;
        const { status } = event.session;
        over = isOver(status);
        if (over) clearTimeout(silence);
        if (status === "COMPLETED") dispatch({ type: "finished" });
        else if (over) giveUp();
      },
      onConnection: setConnected,
      isOver: () => over,
      // The session was deleted or cannot be watched.
      onFailure: giveUp,
    };
  });
  return { frame: newest !== null && newest.sessionId === sessionId ? newest.frame : null, connected };
}
