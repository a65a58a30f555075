import { type RefObject, useEffect, useState } from "react";
import type { FrameSource } from "../../camera/source";
import { messageOf } from "../../graphql/execute";
import type { Network } from "../../graphql/operations";
import { shortTitle } from "../../networks/networks";
import { type Live, runLive } from "./run-live";

const nothing: Live = { sessionId: null, status: "", rates: null, failure: null, step: null };

interface LiveOptions {
  /** Null while nothing is to be translated. */
  source: FrameSource | null;
  network: Network | null;
  /** Longer side of the results, px. */
  size: number;
  canvas: RefObject<HTMLCanvasElement | null>;
}

/**
 * A live translation of `source` on `canvas`, from the first render with a source and a network to the last. When the server
 * ended it, since no picture came for long, a new one is begun for the next picture that somebody is there to see.
 */
export function useLive({ source, network, size, canvas }: LiveOptions): Live {
  const [live, setLive] = useState<Live>(nothing);
  const [attempt, setAttempt] = useState(0);
  const model = network?.id ?? null;
  const title = network ? shortTitle(network.title) : "";

  // `attempt` is counted up to begin a new session with the same settings.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is read by nothing.
  useEffect(() => {
    const target = canvas.current;
    if (!source || model === null || !target) return;
    const ending = new AbortController();
    const { signal } = ending;
    const change = (changed: Partial<Live>) => {
      if (!signal.aborted) setLive((known) => ({ ...known, ...changed }));
    };
    setLive({ ...nothing, status: "QUEUED" });
    const stopped = runLive({ source, model, title, size, canvas: target, change, signal, again: () => setAttempt((count) => count + 1) });
    stopped.catch((error: unknown) => change({ failure: messageOf(error), rates: null }));
    return () => {
      ending.abort();
      setLive(nothing);
    };
  }, [source, model, title, size, canvas, attempt]);

  return live;
}
