import { pictureTexts } from "../texts/pictures";
import { everyInBackground } from "./background";
import { type PictureSource, SourceListeners } from "./source";

/** Says why a camera gives no picture and what to do about it. */
export class CameraError extends Error {
  override readonly name = "CameraError";
}

const texts = pictureTexts.cameraErrors;

/** Explanations of the errors of `getUserMedia`. */
const explanations: Record<string, string> = {
  NotAllowedError: texts.refused,
  NotFoundError: texts.none,
  NotReadableError: texts.busy,
  OverconstrainedError: texts.gone,
};

/** Ideal size, px, and rate of a camera; it provides the nearest. */
const WANTED = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };

/** Time between two pictures of a video in a hidden page, ms. */
const HIDDEN_EVERY_MS = 40;

/** How long a camera that is being closed may take for its next frame, ms; one that gives none is turned off then. */
const LAST_FRAME_MS = 500;

/** Resolves when all cameras are off that were closed: a phone may have only one that can be on. */
let turnedOff: Promise<unknown> = Promise.resolve();

/**
 * Opens the camera with an id from `cameras`, or the default one. `onLost` is called when it stops giving pictures,
 * unless it was closed; it must still be closed then.
 * @throws CameraError
 */
export async function openCamera(deviceId: string | null, onLost: (error: CameraError) => void): Promise<PictureSource> {
  if (!navigator.mediaDevices) throw new CameraError(texts.insecure);
  await turnedOff;
  const stream = await openStream(deviceId);
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  try {
    await video.play();
  } catch (cause) {
    stop(stream);
    throw new CameraError(texts.silent, { cause });
  }
  const listeners = new SourceListeners();
  const resized = new SourceListeners();
  video.addEventListener("resize", () => resized.tell());
  let closed = false;
  const frames = followFrames(stream, video, () => listeners.tell());
  const lost = () => {
    if (!closed) onLost(new CameraError(texts.lost));
  };
  for (const track of stream.getVideoTracks()) {
    track.addEventListener("ended", lost);
    // It may have been unplugged while the video started to play.
    if (track.readyState === "ended") queueMicrotask(lost);
  }
  return {
    element: video,
    get picture() {
      return frames.newest();
    },
    get width() {
      return video.videoWidth;
    },
    get height() {
      return video.videoHeight;
    },
    onPicture: (listener) => listeners.add(listener),
    onResize: (listener) => resized.add(listener),
    close() {
      closed = true;
      listeners.clear();
      resized.clear();
      video.srcObject = null;
      const lastFrame = frames.stop();
      if (lastFrame) turnedOff = Promise.all([turnedOff, lastFrame.then(() => stop(stream))]);
      else stop(stream);
    },
  };
}

/** The cameras of this computer; their names are available once one of them is allowed. */
export async function cameras(): Promise<{ id: string; name: string }[]> {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const found = devices.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId !== "");
  return found.map(({ deviceId, label }, index) => ({ id: deviceId, name: label || pictureTexts.cameraNames(index + 1) }));
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

async function openStream(deviceId: string | null): Promise<MediaStream> {
  const video = deviceId === null ? WANTED : { ...WANTED, deviceId: { exact: deviceId } };
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : "";
    throw new CameraError(explanations[name] ?? texts.silent, { cause });
  }
}

/** Chromium has it in pages, other browsers only in workers or not at all. */
interface TrackProcessor {
  readonly readable: ReadableStream<VideoFrame>;
}
type TrackProcessorClass = new (init: { track: MediaStreamTrack; maxBufferSize: number }) => TrackProcessor;

function trackProcessor(): TrackProcessorClass | undefined {
  return (globalThis as { MediaStreamTrackProcessor?: TrackProcessorClass }).MediaStreamTrackProcessor;
}

/** Whether this browser gives the pictures of a camera while the page is hidden. */
export function seesWhileHidden(): boolean {
  return trackProcessor() !== undefined;
}

interface Frames {
  newest(): CanvasImageSource;
  /** Resolves when the camera may be turned off; null where it may at once. */
  stop(): Promise<void> | null;
}

/** Follows the frames of a camera: `onFrame` is called at each. */
function followFrames(stream: MediaStream, video: HTMLVideoElement, onFrame: () => void): Frames {
  const Processor = trackProcessor();
  const [track] = stream.getVideoTracks();
  return Processor && track ? readFrames(new Processor({ track, maxBufferSize: 1 }), video, onFrame) : watchVideo(video, onFrame);
}

/**
 * Reads frames from the camera itself, which goes on while the page is hidden. A frame that is on its way when the camera is
 * turned off is lost in Chromium, unclosed, which it complains of; so the last one is waited for.
 */
function readFrames({ readable }: TrackProcessor, video: HTMLVideoElement, onFrame: () => void): Frames {
  const reader = readable.getReader();
  let newest: VideoFrame | null = null;
  let stopped = false;
  async function read(): Promise<void> {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      newest?.close();
      newest = null;
      if (stopped) {
        value.close();
        return;
      }
      newest = value;
      onFrame();
    }
  }
  // A camera that is lost ends its track, which is reported there.
  const reading = read().catch((error: unknown) => console.debug("The camera gives no more frames:", error));
  return {
    newest: () => newest ?? video,
    stop() {
      stopped = true;
      newest?.close();
      newest = null;
      return Promise.race([reading, new Promise<void>((resolve) => setTimeout(resolve, LAST_FRAME_MS))]);
    },
  };
}

/** Takes the frames from the video; while the page is hidden, by the clock. */
function watchVideo(video: HTMLVideoElement, onFrame: () => void): Frames {
  let stopped = false;
  const next = () => {
    if (stopped) return;
    onFrame();
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(next);
    else requestAnimationFrame(next);
  };
  next();
  const stopClock = everyInBackground(HIDDEN_EVERY_MS, () => document.hidden && onFrame());
  return {
    newest: () => video,
    stop() {
      stopped = true;
      stopClock();
      return null;
    },
  };
}
