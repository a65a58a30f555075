import type { PictureSource } from "../../camera/source";
import { ConnectionError, execute, messageOf, ServerError } from "../../graphql/execute";
import { CancelSession, LiveEvents, SendFrame, StartLive } from "../../graphql/operations";
import { ask, follow } from "../../graphql/subscribe";
import { decodePicture } from "../../pictures/decode-picture";
import { DecodedResults } from "../../pictures/decoded-results";
import { ResultCanvas } from "../../pictures/result-canvas";
import { liveTexts as texts } from "../../texts/live";
import { encodePicture } from "./encoded-picture";
import { LiveSender, type Receipt } from "./live-sender";
import { RateMeter, type Rates } from "./rates";

/** Interval at which the rates are updated, ms. */
const RATES_EVERY_MS = 500;

/** The state of a live translation, as the page shows it. */
export interface LiveState {
  /** Null until the server has one. */
  sessionId: string | null;
  status: string;
  /** Null while nothing moves. */
  rates: Rates | null;
  failure: string | null;
  /** Step of the result that was drawn last. */
  step: number | null;
}

interface Run {
  source: PictureSource;
  model: string;
  title: string;
  size: number;
  /** Name of the output that shows the session. */
  output: string;
  /** Whether pictures are mirrored, asked for each. */
  isMirrored(): boolean;
  canvas: HTMLCanvasElement;
  change(changed: Partial<LiveState>): void;
  /** Starts a new session. */
  again(): void;
  signal: AbortSignal;
}

/**
 * Runs one session until `signal` aborts or the server ends it. Returns whether it failed.
 * @throws ServerError, ConnectionError
 */
export async function runLive({ source, model, title, size, output, isMirrored, canvas, change, again, signal }: Run): Promise<boolean> {
  // `signal` does not abort this request: its answer names a session that must be cancelled.
  const { startTranslation } = await execute(StartLive, { input: { model, size, output, title: texts.sessionTitle(title) } });
  const sessionId = startTranslation.id;
  if (signal.aborted) {
    cancel(sessionId);
    return false;
  }
  change({ sessionId, status: startTranslation.status });
  let known = startTranslation.status;
  /** Whether the session has ended. */
  let over = false;
  let connected = true;
  /** Whether the server ended it because no pictures came. */
  let idle = false;
  let failed = false;
  const meter = new RateMeter();
  const results = new ResultCanvas(canvas);
  const sender = new LiveSender({
    capture: () => encodePicture(source, size, isMirrored()),
    async send(step, data) {
      const receipt = await sendFrame(sessionId, step, data);
      // While the session is QUEUED, the page says that it waits.
      if (receipt.status === "UNTAKEN" && known === "RUNNING") change({ failure: texts.noWorker });
      return receipt;
    },
    onError: (error) => {
      // `onConnection` reports a lost connection.
      if (!over && !(error instanceof ConnectionError)) change({ failure: messageOf(error) });
    },
    now: () => performance.now(),
  });
  const decoded = new DecodedResults<{ picture: ImageBitmap; capturedAt: number | null }>({
    show: (step, { picture, capturedAt }) =>
      results.show(picture, (at) => {
        if (capturedAt !== null) meter.add(at, at - capturedAt);
        change({ step, failure: null });
      }),
    discard: ({ picture }) => picture.close(),
    onError: (error) => change({ failure: texts.notShown(messageOf(error)) }),
  });
  // An untouched drawing offers no picture and so starts no further session.
  const renew = () => {
    if (idle && sender.unsent) again();
  };
  const turn = () => {
    if (over || !connected) sender.pause();
    else sender.resume();
    renew();
  };
  turn();
  const stopListening = source.onPicture(() => {
    sender.offer();
    renew();
  });
  const telling = setInterval(() => change({ rates: meter.rates(performance.now()) }), RATES_EVERY_MS);
  const end = () => {
    over = true;
    sender.pause();
    clearInterval(telling);
    decoded.close();
    results.close();
  };
  signal.addEventListener("abort", () => {
    stopListening();
    if (!over) cancel(sessionId);
    end();
  });
  // Until it is idle, a session that its page left would take a place from others.
  const left = ({ persisted }: PageTransitionEvent) => {
    if (!over && !persisted) cancel(sessionId);
  };
  window.addEventListener("pagehide", left, { signal });

  await follow({
    document: LiveEvents,
    variables: () => ({ id: sessionId }),
    onEvent({ session: event }) {
      if (event.__typename === "SessionChange") {
        const { status, error } = event.session;
        known = status;
        change({ status, ...(error ? { failure: error.message } : {}) });
        if (!["COMPLETED", "CANCELLED", "FAILED"].includes(status)) return;
        end();
        change({ rates: null });
        idle = status === "COMPLETED";
        failed = status === "FAILED";
        renew();
      } else if (event.__typename === "Frame" && event.data) {
        const { step, mimeType, data } = event;
        const capturedAgo = sender.result(step);
        const capturedAt = capturedAgo === null ? null : performance.now() - capturedAgo;
        decoded.take(
          step,
          decodePicture(data, mimeType).then((picture) => ({ picture, capturedAt })),
        );
      }
    },
    onConnection(isConnected) {
      connected = isConnected;
      turn();
      if (!connected) sender.disconnected();
      change(connected ? { failure: null } : { failure: texts.lost });
    },
    isOver: () => over,
    signal,
  });
  return failed;
}

/** Sends a frame. Separate requests may overtake each other: the server refuses a frame that comes after a newer one. */
async function sendFrame(sessionId: string, step: number, data: string): Promise<Receipt> {
  try {
    return (await ask(SendFrame, { input: { sessionId, step, data } })).sendFrame;
  } catch (error) {
    if (error instanceof ServerError && error.field === "input.step") return { status: "SUPERSEDED" };
    if (error instanceof ServerError && error.field === "input.sessionId" && error.code === "UNAVAILABLE") return { status: "UNTAKEN" };
    throw error;
  }
}

/** Cancels a session without waiting; if that fails, the session ends by itself for lack of frames. */
function cancel(sessionId: string): void {
  execute(CancelSession, { id: sessionId }, undefined, true).catch((error: unknown) =>
    console.debug("The live session was not cancelled:", error),
  );
}
