import { type Dispatch, useEffect, useState } from "react";
import { type Frame, SessionEvents } from "../../graphql/operations";
import { follow } from "../../graphql/subscribe";
import { isOver } from "../../session/session-state";
import type { KioskEvent } from "./machine";

/** A running painting from which nothing is heard for so long is given up, ms. */
const SILENCE_MS = 120_000;

/** The newest picture of the painting that is shown, and whether the server is there. Its end is told to `dispatch`. */
export function usePainting(sessionId: string | null, dispatch: Dispatch<KioskEvent>): { frame: Frame | null; connected: boolean } {
  const [frame, setFrame] = useState<Frame | null>(null);
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    if (sessionId === null) return;
    const ending = new AbortController();
    let over = false;
    let silence = setTimeout(() => dispatch({ type: "failed" }), SILENCE_MS);
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => dispatch({ type: "failed" }), SILENCE_MS);
    };
    follow({
      document: SessionEvents,
      variables: () => ({ id: sessionId, afterStep: null }),
      onConnection: setConnected,
      isOver: () => over,
      signal: ending.signal,
      onEvent({ session: event }) {
        heard();
        if (event.__typename === "Frame") setFrame(event);
        if (event.__typename !== "SessionChange") return;
        const { status } = event.session;
        over = isOver(status);
        if (over) clearTimeout(silence);
        if (status === "COMPLETED") dispatch({ type: "finished" });
        else if (over) dispatch({ type: "failed" });
      },
      // It was deleted, or cannot be watched.
    }).catch(() => dispatch({ type: "failed" }));
    return () => {
      clearTimeout(silence);
      ending.abort();
      setConnected(true);
    };
  }, [sessionId, dispatch]);
  return { frame, connected };
}
