import { type Dispatch, useEffect, useReducer, useRef, useState } from "react";
import { execute, mayPass, messageOf, ServerError } from "../graphql/execute";
import {
  ElsewhereEvents,
  ElsewhereQuery,
  PlaceQuery,
  RemovalEvents,
  type Session,
  SessionEvents,
  SessionQuery,
  ViewersEvents,
} from "../graphql/operations";
import { ask, untilReached } from "../graphql/subscribe";
import { type SubscriptionTo, useSubscription } from "../graphql/use-subscription";
import { Coalescer } from "../parts/coalescer";
import { studioTexts as texts } from "../texts/studio";
import { justStarted } from "./just-started";
import { isOver, nextState, nothingYet, type SessionAction, type SessionState } from "./session-state";

/** Points of the loss curve to load: about the width of the curve in pixels. */
const CURVE_POINTS = 500;
/** Interval at which a session that sends nothing is asked why, ms, because no event reports it. */
const PLACE_EVERY_MS = 3_000;

/** Least time between two looks at what other pages did, ms: a slider there makes several changes a second. */
const RELOAD_EVERY_MS = 1_000;

/** A session of any kind, kept up to date until it is over, through lost connections; a painting includes its curve. */
export function useSession(id: string): [SessionState, Dispatch<SessionAction>] {
  const [state, dispatch] = useReducer(nextState, id, initialState);
  useSubscription(id, (_key, signal) => followed(id, dispatch, signal));
  useElsewhere(id, state.session, dispatch);
  const status = state.session?.status;
  usePlace(id, status === "QUEUED" || status === "RUNNING", state.frame?.step ?? null, dispatch);
  useClosing(id, state.session, dispatch);
  return [state, dispatch];
}

/**
 * Notices that somebody else's session may no longer be seen after its own events are over: the server ends the count of its
 * viewers then, and refuses another one.
 */
function useClosing(id: string, session: Session | null, dispatch: Dispatch<SessionAction>): void {
  useSubscription(
    session !== null && isOver(session.status) && !session.mayChange ? id : null,
    (): SubscriptionTo<typeof ViewersEvents> => ({
      document: ViewersEvents,
      variables: () => ({ id }),
      onEvent: () => undefined,
      onFailure: (error) => isClosed(error) && dispatch({ type: "closed", message: messageOf(error) }),
    }),
  );
}

/**
 * Follows what other pages do to the session: the subscription to its own events says nothing of branches, and ends when
 * the session is over.
 */
function useElsewhere(id: string, session: Session | null, dispatch: Dispatch<SessionAction>): void {
  const newest = useRef(session);
  useEffect(() => {
    newest.current = session;
  });
  const isHere = session !== null;
  const [reloads] = useState(
    () =>
      new Coalescer<AbortSignal>({ work: (signal) => reload(id, dispatch, signal), merge: (_, newer) => newer, everyMs: RELOAD_EVERY_MS }),
  );
  /** Whether a session is shown beside this one. */
  const isRelative = (other: string) => {
    const shown = newest.current;
    if (shown?.__typename !== "StyleTransferSession") return false;
    return shown.parent?.id === other || shown.branches.some((branch) => branch.id === other);
  };
  useSubscription(
    isHere ? id : null,
    (_key, signal): SubscriptionTo<typeof ElsewhereEvents> => ({
      document: ElsewhereEvents,
      variables: () => ({}),
      onEvent({ sessions: event }) {
        const parent = event.__typename === "StyleTransferSession" ? event.parent?.id : undefined;
        if (event.id === id || parent === id || isRelative(event.id)) reloads.offer(signal);
      },
      onConnection(connected) {
        if (newest.current && isOver(newest.current.status)) dispatch({ type: "connection", connected });
        // What happened before is not sent.
        if (connected) reloads.offer(signal);
      },
      // The subscription to the session's own events says what is wrong.
      onFailure: () => undefined,
    }),
  );
  useSubscription(
    isHere ? id : null,
    (_key, signal): SubscriptionTo<typeof RemovalEvents> => ({
      document: RemovalEvents,
      variables: () => ({}),
      onEvent({ sessionRemovals: removed }) {
        if (removed === id) dispatch({ type: "removed" });
        else if (isRelative(removed)) reloads.offer(signal);
      },
      onFailure: () => undefined,
    }),
  );
}

async function reload(id: string, dispatch: Dispatch<SessionAction>, signal: AbortSignal): Promise<void> {
  try {
    // After the server has begun the subscriptions: no change falls in between.
    const { session } = await untilReached(() => ask(ElsewhereQuery, { id }), signal, mayPass);
    if (!session) return dispatch({ type: "removed" });
    const { title, starred, note, approval } = session;
    const family = session.__typename === "StyleTransferSession" ? { parent: session.parent, branches: session.branches } : null;
    dispatch({ type: "elsewhere", described: { title, starred, note, approval }, family });
  } catch {
    // The page was left, or the session may no longer be seen, which its own subscription says.
  }
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

/** Asks why a session waits, while it is open and no frame of another step comes. */
function usePlace(id: string, isOpen: boolean, step: number | null, dispatch: Dispatch<SessionAction>): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new step begins the interval again.
  useEffect(() => {
    if (!isOpen) return;
    // An answer that comes after the next step says what was.
    const ending = new AbortController();
    const ask = async () => {
      const { session } = await execute(PlaceQuery, { id }, ending.signal);
      if (session) dispatch({ type: "place", place: session });
    };
    const timer = setInterval(() => {
      ask().catch((error: unknown) => {
        // While the server itself cannot be reached, the place stays as it was and the status line says so.
        if (error instanceof ServerError && error.code === "UNAVAILABLE") dispatch({ type: "obstacle", message: error.message });
      });
    }, PLACE_EVERY_MS);
    return () => {
      clearInterval(timer);
      ending.abort();
    };
  }, [id, isOpen, step, dispatch]);
}

/** The state with the session that the previous page started, so that its picture shows at once. */
function initialState(id: string): SessionState {
  const session = justStarted(id);
  return session ? nextState(nothingYet, { type: "changed", session }) : nothingYet;
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
    onFailure: (error) => dispatch({ type: isClosed(error) ? "closed" : "failed", message: messageOf(error) }),
  };
}

/** Whether the server no longer shows the session: it was hidden, or the link to it was revoked. */
function isClosed(error: unknown): boolean {
  return error instanceof ServerError && (error.code === "UNAUTHENTICATED" || error.code === "NOT_FOUND");
}
