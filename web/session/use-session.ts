import { type Dispatch, useEffect, useReducer, useRef } from "react";
import { execute, messageOf } from "../graphql/execute";
import {
  ElsewhereEvents,
  PlaceQuery,
  RemovalEvents,
  type Session,
  SessionEvents,
  SessionQuery,
  type SessionStatus,
} from "../graphql/operations";
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
  useElsewhere(id, state.session?.status ?? null, dispatch);
  usePlace(id, state.session?.status === "QUEUED", dispatch);
  return [state, dispatch];
}

/**
 * Follows what other pages do to the session: the subscription to its own events says nothing of branches, and ends when
 * the session is over.
 */
function useElsewhere(id: string, status: SessionStatus | null, dispatch: Dispatch<SessionAction>): void {
  const key = status === null ? null : id;
  const newest = useRef(status);
  useEffect(() => {
    newest.current = status;
  });
  useSubscription(
    key,
    (_key, signal): SubscriptionTo<typeof ElsewhereEvents> => ({
      document: ElsewhereEvents,
      variables: () => ({}),
      onEvent({ sessions: event }) {
        const parent = event.__typename === "StyleTransferSession" ? event.parent?.id : undefined;
        const isOwn = event.id === id && newest.current !== null && isOver(newest.current);
        // While the server cannot be reached, the page stays as it was, and the status line says so.
        if (isOwn || parent === id) loaded(id, dispatch, signal).catch(() => undefined);
      },
      onFailure: () => undefined,
    }),
  );
  useSubscription(
    key,
    (): SubscriptionTo<typeof RemovalEvents> => ({
      document: RemovalEvents,
      variables: () => ({}),
      onEvent({ sessionRemovals }) {
        if (sessionRemovals === id) dispatch({ type: "removed" });
      },
      onFailure: () => undefined,
    }),
  );
}

/** Loads a session, shows it, and returns it. @throws Error when there is none. */
async function loaded(id: string, dispatch: Dispatch<SessionAction>, signal: AbortSignal): Promise<Session> {
  const { session } = await execute(SessionQuery, { id, points: CURVE_POINTS }, signal);
  if (!session) throw new Error(texts.noSession);
  if (session.__typename === "StyleTransferSession") {
    const { losses, ...painting } = session;
    dispatch({ type: "loaded", session: painting, curve: losses });
  } else dispatch({ type: "loaded", session, curve: [] });
  return session;
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
      const session = await loaded(id, dispatch, signal);
      step = session.latestFrame?.step ?? -1;
      over = isOver(session.status);
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
