import { useEffect, useReducer } from "react";
import { execute } from "../graphql/execute";
import { RunEvents, type RunFrame, RunQuery } from "../graphql/run-operations";
import { follow, untilReached } from "../graphql/subscribe";
import { isOver } from "../session/session-state";
import { studioTexts as texts } from "../texts/studio";
import { newRuns, nextRuns, type Run, type RunEvent } from "./runs";

/** Frames that come faster are shown together, ms. */
const FLUSH_MS = 60;

/** Several paintings with all their kept frames, kept up to date until they are over, through lost connections. */
export function useRuns(ids: readonly string[]): readonly Run[] {
  const key = ids.join();
  const [runs, dispatch] = useReducer(nextAll, ids, newRuns);
  useEffect(() => {
    const list = key === "" ? [] : key.split(",");
    dispatch({ type: "begin", ids: list });
    const ending = new AbortController();
    for (const id of list) {
      watch(id, dispatch, ending.signal).catch((error: unknown) => {
        if (!ending.signal.aborted) dispatch({ type: "failed", id, message: error instanceof Error ? error.message : String(error) });
      });
    }
    return () => ending.abort();
  }, [key]);
  return runs;
}

function nextAll(runs: readonly Run[], event: RunEvent | { type: "begin"; ids: readonly string[] }): readonly Run[] {
  return event.type === "begin" ? newRuns(event.ids) : nextRuns(runs, event);
}

async function watch(id: string, dispatch: (event: RunEvent) => void, signal: AbortSignal): Promise<void> {
  const onConnection = (connected: boolean) => dispatch({ type: "connection", id, connected });
  const { session } = await untilReached(() => execute(RunQuery, { id }, signal), onConnection, signal);
  if (session?.__typename !== "StyleTransferSession") throw new Error(texts.noPainting);
  dispatch({ type: "session", id, session });
  let last = -1;
  let over = false;
  let waiting: RunFrame[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length > 0) dispatch({ type: "frames", id, frames: waiting });
    waiting = [];
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  await follow({
    document: RunEvents,
    variables: () => ({ id, afterStep: last }),
    onConnection,
    isOver: () => over,
    signal,
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
  });
  flush();
}
