import type { FrameSource } from "../../camera/source";
import { ConnectionError, execute, messageOf } from "../../graphql/execute";
import { CancelSession, LiveEvents, SendFrame, StartLive } from "../../graphql/operations";
import { ask, follow } from "../../graphql/subscribe";
import { liveTexts as texts } from "../../texts/live";
import { DecodedResults } from "./decoded-results";
import { decodePicture, PictureEncoder } from "./encoded-picture";
import { LiveSender } from "./live-sender";
import { RateMeter, type Rates } from "./rates";
import { ResultCanvas } from "./result-canvas";

/** How often rates are told anew, ms. */
const RATES_EVERY_MS = 500;

/** What the page shows of a live translation. */
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
export async function runLive({ source, model, title, size, canvas, change, again, signal }: Run): Promise<void> {
  // Not aborted by `signal`: the answer names a session that somebody has to cancel.
  const { startTranslation } = await execute(StartLive, { input: { model, size, title: texts.sessionTitle(title) } });
  const sessionId = startTranslation.id;
  if (signal.aborted) return cancel(sessionId);
  change({ sessionId, status: startTranslation.status });
  /** On the server. */
  let over = false;
  let connected = true;
  /** The server ended it for want of pictures. */
  let idle = false;
  const encoder = new PictureEncoder();
  const meter = new RateMeter();
  const results = new ResultCanvas(canvas);
  const sender = new LiveSender({
    capture: () => encoder.encode(source, size),
    send: async (step, data) => (await ask(SendFrame, { input: { sessionId, step, data } })).sendFrame,
    onError: (error) => {
      // Of a lost connection `onConnection` tells.
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
  // An untouched drawing offers nothing, and so begins no session after the first.
  const renew = () => {
    if (idle && sender.unsent && !document.hidden) again();
  };
  const seen = () => {
    if (document.hidden || over || !connected) sender.pause();
    else sender.resume();
    renew();
  };
  seen();
  const stopListening = source.onPicture(() => {
    sender.offer();
    renew();
  });
  document.addEventListener("visibilitychange", seen);
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
    document.removeEventListener("visibilitychange", seen);
    if (!over) cancel(sessionId);
    end();
  });

  await follow({
    document: LiveEvents,
    variables: () => ({ id: sessionId }),
    onEvent({ session: event }) {
      if (event.__typename === "SessionChange") {
        const { status, error } = event.session;
        change({ status, ...(error ? { failure: error.message } : {}) });
        if (!["COMPLETED", "CANCELLED", "FAILED"].includes(status)) return;
        end();
        change({ rates: null });
        idle = status === "COMPLETED";
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
      seen();
      if (!connected) sender.disconnected();
      change(connected ? { failure: null } : { failure: texts.lost });
    },
    isOver: () => over,
    signal,
  });
}

/** Nobody waits for it: a session that nobody sends frames to ends by itself. */
function cancel(sessionId: string): void {
  execute(CancelSession, { id: sessionId }).catch((error: unknown) => console.debug("The live session was not cancelled:", error));
}
