/// <reference lib="webworker" />
import type { BackgroundAnswer, BackgroundRequest } from "./background";

/** High enough that JPEG blocks do not show in a translation; about 20 kB at 256 px. */
const JPEG_QUALITY = 0.9;

const scope = self as unknown as DedicatedWorkerGlobalScope;
let canvas: OffscreenCanvas | null = null;
const timers = new Map<number, ReturnType<typeof setInterval>>();

scope.addEventListener("message", ({ data }: MessageEvent<BackgroundRequest>) => {
  if (data.type === "tick") {
    timers.set(
      data.id,
      setInterval(() => answer({ type: "tick", id: data.id }), data.everyMs),
    );
  } else if (data.type === "stop") {
    clearInterval(timers.get(data.id));
    timers.delete(data.id);
  } else {
    encode(data).then(
      (text) => answer({ type: "encoded", id: data.id, text }),
      (error: unknown) => answer({ type: "failed", id: data.id, message: String(error) }),
    );
  }
});

/** The picture as JPEG in base64. */
async function encode({ picture, width, height, mirrored }: Extract<BackgroundRequest, { type: "encode" }>): Promise<string> {
  try {
    canvas ??= new OffscreenCanvas(width, height);
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d", { alpha: false });
    if (!context) throw new Error("no context");
    if (mirrored) context.setTransform(-1, 0, 0, 1, width, 0);
    context.drawImage(picture, 0, 0, width, height);
  } finally {
    picture.close();
  }
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: JPEG_QUALITY });
  return new FileReaderSync().readAsDataURL(blob).split(",", 2)[1] ?? "";
}

function answer(message: BackgroundAnswer): void {
  scope.postMessage(message);
}
