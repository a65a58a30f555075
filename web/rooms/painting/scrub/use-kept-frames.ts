import { type Dispatch, useEffect } from "react";
import { execute, mayPass, messageOf } from "../../../graphql/execute";
import { FramesQuery } from "../../../graphql/operations";
import { untilReached } from "../../../graphql/subscribe";
import type { SessionAction } from "../../../session/session-state";
import { isGap, missing, missingCount, PAGE, type StepSpan, type Timeline } from "../../../session/timeline";

/** Time for which skipped frames gather before they are requested, ms. */
const GATHER_MS = 1_000;

/** Requests the kept frames that the page does not know yet, first those around the wanted step. */
export function useKeptFrames(id: string, timeline: Timeline, wanted: number | null, dispatch: Dispatch<SessionAction>): void {
  const range = missing(timeline, wanted);
  const urgent = wanted !== null && isGap(timeline, wanted);
  const hurried = urgent || timeline.fills === 0 || missingCount(timeline) > PAGE;

  // biome-ignore lint/correctness/useExhaustiveDependencies: one request after the other; the next takes what is missing then.
  useEffect(() => {
    if (!range) return;
    const ending = new AbortController();
    const load = () =>
      loadRange(id, range, ending.signal).then(dispatch, (error: unknown) => {
        if (!ending.signal.aborted) dispatch({ type: "failed", message: messageOf(error) });
      });
    const timer = setTimeout(load, hurried ? 0 : GATHER_MS);
    return () => {
      clearTimeout(timer);
      ending.abort();
    };
  }, [id, range !== null, urgent, timeline.fills, dispatch]);
}

async function loadRange(id: string, range: StepSpan, signal: AbortSignal): Promise<SessionAction> {
  const query = () => execute(FramesQuery, { id, fromStep: range.from, toStep: range.to }, signal);
  const { session } = await untilReached(query, signal, mayPass);
  return { type: "filled", range, frames: session?.frames.edges.map(({ node }) => node) ?? [] };
}
