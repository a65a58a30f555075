import { type FrameSource, PictureListeners } from "./source";

/** Why there is no picture of a camera, and what to do about it. */
export class CameraError extends Error {
  override readonly name = "CameraError";
}

/** What to tell a person of each error of `getUserMedia`. */
const explanations: Record<string, string> = {
  NotAllowedError: "This page may not use the camera. Allow it in the address bar of the browser, then try again.",
  NotFoundError: "No camera was found. Connect one, or use a picture that is here.",
  NotReadableError: "Another program uses the camera. Close it there, then try again.",
  OverconstrainedError: "That camera is gone. Choose another one.",
};

/** Wanted of a camera, px; it gives what is nearest. */
const WANTED = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };

const LOST = "The camera gives no more pictures: it was unplugged, or may be used no longer. Choose another one, or try again.";

/**
 * Opens a camera, by the id of `cameras` or the usual one. `onLost` is told when it gives no more pictures, unless it was
 * closed; it still has to be closed then.
 * @throws CameraError
 */
export async function openCamera(deviceId: string | null, onLost: (error: CameraError) => void): Promise<FrameSource> {
  if (!navigator.mediaDevices) throw new CameraError("The camera works only at https addresses or on this computer itself (localhost).");
  const stream = await openStream(deviceId);
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  try {
    await video.play();
  } catch (cause) {
    stop(stream);
    throw new CameraError("The camera gives no picture. Use a picture that is here, or try again.", { cause });
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
    if (!closed) onLost(new CameraError(LOST));
  };
  for (const track of stream.getVideoTracks()) {
    track.addEventListener("ended", lost);
    // It may have gone while the video began to play.
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

/** The cameras of this computer; their names are known once one of them may be used. */
export async function cameras(): Promise<{ id: string; name: string }[]> {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const found = devices.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId !== "");
  return found.map(({ deviceId, label }, index) => ({ id: deviceId, name: label || `Camera ${index + 1}` }));
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
    throw new CameraError(explanations[name] ?? "The camera gives no picture. Use a picture that is here, or try again.", { cause });
  }
}

/** Calls back at the video's next picture; where the browser cannot tell, at the page's next one. */
function nextPicture(video: HTMLVideoElement, callback: () => void): void {
  if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(callback);
  else requestAnimationFrame(callback);
}
