import { type Dispatch, useEffect, useReducer } from "react";
import { execute } from "../graphql/execute";
import { PlaceQuery, SessionEvents, SessionQuery } from "../graphql/operations";
import { follow, untilReached } from "../graphql/subscribe";
import { studioTexts as texts } from "../texts/studio";
import { justStarted } from "./just-started";
import { isOver, nextState, nothingYet, type SessionEvent, type SessionState } from "./session-state";

/** Points of the loss curve that are loaded: about as many as the curve is wide in pixels. */
const CURVE_POINTS = 500;
/** How often a session that waits asks for its place in the queue, ms: those before it end without a word to it. */
const PLACE_EVERY_MS = 3_000;

/** A session of any kind, a painting with its curve, kept up to date until it is over, through lost connections. */
export function useSession(id: string): [SessionState, Dispatch<SessionEvent>] {
  const [state, dispatch] = useReducer(nextState, id, initialState);
  useEffect(() => {
    const ending = new AbortController();
    watch(id, dispatch, ending.signal).catch((error: unknown) => {
      if (!ending.signal.aborted) dispatch({ type: "failed", message: error instanceof Error ? error.message : String(error) });
    });
    return () => ending.abort();
  }, [id]);
  usePlace(id, state.session?.status === "QUEUED", dispatch);
  return [state, dispatch];
}

function usePlace(id: string, waits: boolean, dispatch: Dispatch<SessionEvent>): void {
  useEffect(() => {
    if (!waits) return;
    const ask = async () => {
      const { session } = await execute(PlaceQuery, { id });
      if (session) dispatch({ type: "place", queuePosition: session.queuePosition });
    };
    const timer = setInterval(() => {
      // While the server cannot be reached the place stays as it was, and the status says why.
      ask().catch(() => undefined);
    }, PLACE_EVERY_MS);
    return () => clearInterval(timer);
  }, [id, waits, dispatch]);
}

/** What the page that started the session handed over, so that its picture shows at once. */
function initialState(id: string): SessionState {
  return { ...nothingYet, session: justStarted(id) };
}

async function watch(id: string, dispatch: (event: SessionEvent) => void, signal: AbortSignal): Promise<void> {
  const onConnection = (connected: boolean) => dispatch({ type: "connection", connected });
  const { session } = await untilReached(() => execute(SessionQuery, { id, points: CURVE_POINTS }, signal), onConnection, signal);
  if (!session) throw new Error(texts.noSession);
  if (session.__typename === "StyleTransferSession") {
    const { losses, ...painting } = session;
    dispatch({ type: "loaded", session: painting, curve: losses });
  } else dispatch({ type: "loaded", session, curve: [] });

  let step = session.latestFrame?.step ?? -1;
  let status = session.status;
  if (isOver(status)) return;
  await follow({
    document: SessionEvents,
    variables: () => ({ id, afterStep: step }),
    onConnection,
    isOver: () => isOver(status),
    signal,
    onEvent({ session: event }) {
      if (event.__typename === "Frame") {
        step = Math.max(step, event.step);
        dispatch({ type: "frame", frame: event });
      } else if (event.__typename === "SessionChange") {
        status = event.session.status;
        dispatch({ type: "changed", session: event.session });
      }
    },
  });
}
