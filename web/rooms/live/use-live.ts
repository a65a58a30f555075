import { type RefObject, useEffect, useRef, useState } from "react";
import type { PictureSource } from "../../camera/source";
import { ConnectionError, messageOf, ServerError } from "../../graphql/execute";
import type { Network } from "../../graphql/operations";
import { shortTitle } from "../../networks/networks";
import { type LiveState, runLive } from "./run-live";

const nothing: LiveState = { sessionId: null, status: "", rates: null, failure: null, step: null };

/** Time until a session that failed is followed by another one, ms. */
const RETRY_AFTER_MS = 5000;

/** Codes of refusals that may pass. */
const PASSING: ReadonlySet<string> = new Set(["LIMIT", "UNAVAILABLE", "INTERNAL"]);

interface LiveOptions {
  /** Null while nothing should be translated. */
  source: PictureSource | null;
  network: Network | null;
  /** Longer side of the results, px. */
  size: number;
  /** Name of the output that shows the translation. */
  output: string;
  /** Whether the pictures are mirrored; it may change while they are translated. */
  mirrored: boolean;
  canvas: RefObject<HTMLCanvasElement | null>;
}

/**
 * A live translation of `source` on `canvas`, while there is a source and a network. When the server ends an idle
 * session, the next picture starts a new one.
 */
export function useLive({ source, network, size, output, mirrored, canvas }: LiveOptions): LiveState {
  const [live, setLive] = useState<LiveState>(nothing);
  const [attempt, setAttempt] = useState(0);
  const isMirrored = useRef(mirrored);
  useEffect(() => {
    isMirrored.current = mirrored;
  }, [mirrored]);
  const model = network?.id ?? null;
  const title = network ? shortTitle(network.title) : "";

  // A higher `attempt` starts a new session with the same settings.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is read by nothing.
  useEffect(() => {
    const target = canvas.current;
    if (!source || model === null || !target) return;
    const ending = new AbortController();
    const { signal } = ending;
    const change = (changed: Partial<LiveState>) => {
      if (!signal.aborted) setLive((known) => ({ ...known, ...changed }));
    };
    setLive({ ...nothing, status: "QUEUED" });
    const stopped = runLive({
      ...{ source, model, title, size, output, change, signal },
      canvas: target,
      isMirrored: () => isMirrored.current,
      again: () => setAttempt((count) => count + 1),
    });
    let retry: ReturnType<typeof setTimeout> | undefined;
    stopped.then(
      // The server ended it, perhaps because its device died; an unattended room goes on.
      (isFailed) => {
        if (isFailed && !signal.aborted) retry = setTimeout(() => setAttempt((count) => count + 1), RETRY_AFTER_MS);
      },
      (error: unknown) => {
        change({ failure: messageOf(error), rates: null });
        const passes = error instanceof ConnectionError || (error instanceof ServerError && PASSING.has(error.code));
        if (passes && !signal.aborted) retry = setTimeout(() => setAttempt((count) => count + 1), RETRY_AFTER_MS);
      },
    );
    return () => {
      clearTimeout(retry);
      ending.abort();
      setLive(nothing);
    };
  }, [source, model, title, size, output, canvas, attempt]);

  return live;
}
