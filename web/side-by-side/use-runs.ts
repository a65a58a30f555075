import { useEffect, useReducer } from "react";
import { execute, messageOf } from "../graphql/execute";
import { RunEvents, type RunFrame, RunQuery } from "../graphql/run-operations";
import { type SubscriptionTo, useSubscriptions } from "../graphql/use-subscription";
import { isOver } from "../session/session-state";
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
  return runs;
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
