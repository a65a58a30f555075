import { type RefObject, useEffect, useState } from "react";
import { execute } from "../../graphql/execute";
import { CancelSession, LiveEvents, type Network, SendFrame, StartLive } from "../../graphql/operations";
import { ask, follow } from "../../graphql/subscribe";
import { shortTitle } from "../../networks/networks";
import { decodePicture, PictureEncoder } from "./encoded-picture";
import { LiveSender } from "./live-sender";
import { RateMeter, type Rates } from "./rates";
import { ResultCanvas } from "./result-canvas";
import type { FrameSource } from "./source";

/** How often rates are told anew, ms. */
const RATES_EVERY_MS = 500;

export interface Live {
  /** Null until the server has one. */
  sessionId: string | null;
  status: string;
  /** Null while nothing moves. */
  rates: Rates | null;
  failure: string | null;
  /** The client's number of the result that was drawn last. */
  step: number | null;
}

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
 * ended it, since the page was hidden for long, a new one is begun as the page is seen again.
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

interface Run {
  source: FrameSource;
  model: string;
  title: string;
  size: number;
  canvas: HTMLCanvasElement;
  change(changed: Partial<Live>): void;
  /** Begins anew. */
  again(): void;
  signal: AbortSignal;
}

/** One session from its start to `signal`, or to its end on the server. @throws ServerError, ConnectionError */
async function runLive({ source, model, title, size, canvas, change, again, signal }: Run): Promise<void> {
  const { startTranslation } = await execute(StartLive, { input: { model, size, title: `Live, ${title}` } }, signal);
  const sessionId = startTranslation.id;
  change({ sessionId, status: startTranslation.status });
  const encoder = new PictureEncoder();
  const meter = new RateMeter();
  const results = new ResultCanvas(canvas);
  const sender = new LiveSender({
    capture: () => encoder.encode(source, size),
    send: async (step, data) => (await ask(SendFrame, { input: { sessionId, step, data } })).sendFrame,
    onError: (error) => {
      if (!over) change({ failure: messageOf(error) });
    },
    now: () => performance.now(),
  });
  let over = false;
  const stopListening = source.onPicture(() => sender.offer());
  const seen = () => {
    if (document.hidden) return sender.pause();
    sender.resume();
    if (over) again();
  };
  document.addEventListener("visibilitychange", seen);
  const telling = setInterval(() => change({ rates: meter.rates(performance.now()) }), RATES_EVERY_MS);
  const end = () => {
    stopListening();
    clearInterval(telling);
    results.close();
  };
  signal.addEventListener("abort", () => {
    over = true;
    end();
    document.removeEventListener("visibilitychange", seen);
    // Nobody waits for it: a session that nobody sends frames to ends by itself.
    execute(CancelSession, { id: sessionId }).catch((error: unknown) => console.debug("The live session was not cancelled:", error));
  });

  await follow({
    document: LiveEvents,
    variables: () => ({ id: sessionId }),
    onEvent({ session: event }) {
      if (event.__typename === "SessionChange") {
        const { status, error } = event.session;
        over = ["COMPLETED", "CANCELLED", "FAILED"].includes(status);
        change({ status, ...(error ? { failure: error.message } : {}) });
        if (over) end();
        if (status === "COMPLETED" && !document.hidden) again();
      } else if (event.__typename === "Frame" && event.data) {
        const { step, mimeType } = event;
        const capturedAgo = sender.result(step);
        const capturedAt = capturedAgo === null ? null : performance.now() - capturedAgo;
        void decodePicture(event.data, mimeType).then((picture) =>
          results.show(picture, (at) => {
            if (capturedAt !== null) meter.add(at, at - capturedAt);
            change({ step, failure: null });
          }),
        );
      }
    },
    onConnection: (connected) => change(connected ? { failure: null } : { failure: "The connection to the server is lost; trying again." }),
    isOver: () => over,
    signal,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
