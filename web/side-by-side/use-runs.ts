import { useEffect, useReducer } from "react";
import { execute, messageOf } from "../graphql/execute";
import { RemovalEvents } from "../graphql/operations";
import { RunChanges, RunEvents, type RunFrame, RunQuery } from "../graphql/run-operations";
import { type SubscriptionTo, useSubscription, useSubscriptions } from "../graphql/use-subscription";
import { isOver } from "../session/session-state";
import { sessionTexts } from "../texts/session";
import { studioTexts as texts } from "../texts/studio";
import { newRuns, nextRuns, type Run, type RunEvent } from "./runs";

/** Time over which frames are collected and shown together, ms. */
const FLUSH_MS = 60;

/** Several paintings with all their kept frames, kept up to date until they are over, through lost connections. */
export function useRuns(ids: readonly string[]): readonly Run[] {
  const key = ids.join();
  const [runs, dispatch] = useReducer(nextAll, ids, newRuns);
  useEffect(() => dispatch({ type: "begin", ids: key === "" ? [] : key.split(",") }), [key]);
  useSubscriptions(ids, (id, signal) => followed(id, dispatch, signal));
  useElsewhere(key, dispatch);
  return runs;
}

/** Follows what other pages do to the paintings, also when they are over. `key`: their ids, separated by commas. */
function useElsewhere(key: string, dispatch: (event: RunEvent) => void): void {
  const shown = new Set(key.split(","));
  useSubscription(
    key === "" ? null : key,
    (): SubscriptionTo<typeof RunChanges> => ({
      document: RunChanges,
      variables: () => ({}),
      onEvent({ sessions: session }) {
        if (session.__typename !== "StyleTransferSession" || !shown.has(session.id)) return;
        dispatch({ type: "session", id: session.id, session });
      },
      // The subscriptions to the paintings say what is wrong.
      onFailure: () => undefined,
    }),
  );
  useSubscription(
    key === "" ? null : key,
    (): SubscriptionTo<typeof RemovalEvents> => ({
      document: RemovalEvents,
      variables: () => ({}),
      onEvent: ({ sessionRemovals: id }) => dispatch({ type: "failed", id, message: sessionTexts.removed }),
      onFailure: () => undefined,
    }),
  );
}

function nextAll(runs: readonly Run[], event: RunEvent | { type: "begin"; ids: readonly string[] }): readonly Run[] {
  return event.type === "begin" ? newRuns(event.ids) : nextRuns(runs, event);
}

function followed(id: string, dispatch: (event: RunEvent) => void, signal: AbortSignal): SubscriptionTo<typeof RunEvents> {
  let last = -1;
  let over = false;
  let waiting: RunFrame[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    dispatch({ type: "frames", id, frames: waiting });
    waiting = [];
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  return {
    document: RunEvents,
    variables: () => ({ id, afterStep: last }),
    async load() {
      const { session } = await execute(RunQuery, { id }, signal);
      if (session?.__typename !== "StyleTransferSession") throw new Error(texts.noPainting);
      dispatch({ type: "session", id, session });
    },
    onEvent({ session: event }) {
      if (event.__typename === "Frame") {
        last = Math.max(last, event.step);
        waiting.push(event);
        timer ??= setTimeout(flush, FLUSH_MS);
      } else if (event.__typename === "SessionChange" && event.session.__typename === "StyleTransferSession") {
        over = isOver(event.session.status);
        dispatch({ type: "session", id, session: event.session });
      }
    },
    onConnection: (connected) => dispatch({ type: "connection", id, connected }),
    isOver: () => over,
    onFailure: (error) => dispatch({ type: "failed", id, message: messageOf(error) }),
  };
}
