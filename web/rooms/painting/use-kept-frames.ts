import { type Dispatch, useEffect } from "react";
import { execute } from "../../graphql/execute";
import { FramesQuery } from "../../graphql/operations";
import { untilReached } from "../../graphql/subscribe";
import type { SessionEvent } from "../session/session-state";
import { missing, type StepRange, type Timeline } from "../session/timeline";

/** How long frames that the page was too slow for may gather before they are asked for, ms. */
const GATHER_MS = 1_000;
/** Frames that the server gives at once. */
const PAGE = 100;

/** Asks for the kept frames that the page does not know yet, page by page. */
export function useKeptFrames(id: string, timeline: Timeline, dispatch: Dispatch<SessionEvent>): void {
  const range = missing(timeline);
  const hurried = timeline.fills === 0 || (range !== null && range.to - range.from >= PAGE);

  // biome-ignore lint/correctness/useExhaustiveDependencies: one request after the other; the next takes what is missing then.
  useEffect(() => {
    if (!range) return;
    const ending = new AbortController();
    const load = () =>
      loadPage(id, range, ending.signal).then(dispatch, (error: unknown) => {
        if (!ending.signal.aborted) dispatch({ type: "failed", message: error instanceof Error ? error.message : String(error) });
      });
    const timer = setTimeout(load, hurried ? 0 : GATHER_MS);
    return () => {
      clearTimeout(timer);
      ending.abort();
    };
  }, [id, range !== null, timeline.fills, dispatch]);
}

async function loadPage(id: string, { from, to }: StepRange, signal: AbortSignal): Promise<SessionEvent> {
  const onConnection = () => {
    // Whoever follows the session tells of a lost connection.
  };
  const query = () => execute(FramesQuery, { id, fromStep: from, toStep: to }, signal);
  const { session } = await untilReached(query, onConnection, signal);
  const frames = session?.frames.edges.map(({ node }) => node) ?? [];
  const last = frames.at(-1);
  const through = session?.frames.pageInfo.hasNextPage && last ? last.step : to;
  return { type: "filled", range: { from, to: through }, frames };
}
