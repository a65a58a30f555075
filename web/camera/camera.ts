import { pictureTexts } from "../texts/pictures";
import { PictureListeners, type PictureSource } from "./source";

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

/**
 * Opens the camera with an id from `cameras`, or the default one. `onLost` is called when it stops giving pictures,
 * unless it was closed; it must still be closed then.
 * @throws CameraError
 */
export async function openCamera(deviceId: string | null, onLost: (error: CameraError) => void): Promise<PictureSource> {
  if (!navigator.mediaDevices) throw new CameraError(texts.insecure);
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
  const listeners = new PictureListeners();
  let closed = false;
  const tell = () => {
    if (closed) return;
    listeners.tell();
    nextPicture(video, tell);
  };
  nextPicture(video, tell);
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
    width: video.videoWidth,
    height: video.videoHeight,
    onPicture: (listener) => listeners.add(listener),
    close() {
      closed = true;
      listeners.clear();
      stop(stream);
      video.srcObject = null;
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

/** Calls back at the video's next picture, or at the next animation frame if the browser does not report pictures. */
function nextPicture(video: HTMLVideoElement, callback: () => void): void {
  if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(callback);
  else requestAnimationFrame(callback);
}
