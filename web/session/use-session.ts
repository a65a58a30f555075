import { type Dispatch, useEffect, useReducer } from "react";
import { execute, messageOf } from "../graphql/execute";
import { PlaceQuery, SessionEvents, SessionQuery } from "../graphql/operations";
import { type SubscriptionTo, useSubscription } from "../graphql/use-subscription";
import { studioTexts as texts } from "../texts/studio";
import { justStarted } from "./just-started";
import { isOver, nextState, nothingYet, type SessionAction, type SessionState } from "./session-state";

/** Points of the loss curve to load: about the width of the curve in pixels. */
const CURVE_POINTS = 500;
/** Interval at which a waiting session asks for its place in the queue, ms, because no event reports it. */
const PLACE_EVERY_MS = 3_000;

/** A session of any kind, kept up to date until it is over, through lost connections; a painting includes its curve. */
export function useSession(id: string): [SessionState, Dispatch<SessionAction>] {
  const [state, dispatch] = useReducer(nextState, id, initialState);
  useSubscription(id, (_key, signal) => followed(id, dispatch, signal));
  usePlace(id, state.session?.status === "QUEUED", dispatch);
  return [state, dispatch];
}

function usePlace(id: string, waits: boolean, dispatch: Dispatch<SessionAction>): void {
  useEffect(() => {
    if (!waits) return;
    const ask = async () => {
      const { session } = await execute(PlaceQuery, { id });
      if (session) dispatch({ type: "place", queuePosition: session.queuePosition });
    };
    const timer = setInterval(() => {
      // While the server cannot be reached, the place stays as it was and the status line says so.
      ask().catch(() => undefined);
    }, PLACE_EVERY_MS);
    return () => clearInterval(timer);
  }, [id, waits, dispatch]);
}

/** The state with the session that the previous page started, so that its picture shows at once. */
function initialState(id: string): SessionState {
  return { ...nothingYet, session: justStarted(id) };
}

function followed(id: string, dispatch: (event: SessionAction) => void, signal: AbortSignal): SubscriptionTo<typeof SessionEvents> {
  let step = -1;
  let over = false;
  return {
    document: SessionEvents,
    variables: () => ({ id, afterStep: step }),
    async load() {
      const { session } = await execute(SessionQuery, { id, points: CURVE_POINTS }, signal);
      if (!session) throw new Error(texts.noSession);
      step = session.latestFrame?.step ?? -1;
      over = isOver(session.status);
      if (session.__typename === "StyleTransferSession") {
        const { losses, ...painting } = session;
        dispatch({ type: "loaded", session: painting, curve: losses });
      } else dispatch({ type: "loaded", session, curve: [] });
    },
    onEvent({ session: event }) {
      if (event.__typename === "Frame") {
        step = Math.max(step, event.step);
        dispatch({ type: "frame", frame: event });
      } else if (event.__typename === "SessionChange") {
        over = isOver(event.session.status);
        dispatch({ type: "changed", session: event.session });
      }
    },
    onConnection: (connected) => dispatch({ type: "connection", connected }),
    isOver: () => over,
    onFailure: (error) => dispatch({ type: "failed", message: messageOf(error) }),
  };
}
