import { everyInBackground } from "../../camera/background";
import { type PictureSource, SourceListeners } from "../../camera/source";
import { liveTexts as texts } from "../../texts/live";
import { LOOP_SECONDS, paintScene } from "./sample-scene";

const WIDTH = 384;
const HEIGHT = 288;
const FRAMES_PER_SECOND = 25;

/** A looping clip that needs no camera; it plays while it has listeners, also in a hidden page. */
export function openSampleClip(): PictureSource {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) throw new Error(texts.noDrawing);
  const listeners = new SourceListeners();
  let stopClock: (() => void) | null = null;
  let frame = 0;

  function draw(): void {
    if (context) paintScene(context, (frame++ % (LOOP_SECONDS * FRAMES_PER_SECOND)) / FRAMES_PER_SECOND);
    listeners.tell();
  }

  function close(): void {
    stopClock?.();
    stopClock = null;
    listeners.clear();
  }

  draw();
  return {
    element: canvas,
    picture: canvas,
    width: WIDTH,
    height: HEIGHT,
    onPicture(listener) {
      const leave = listeners.add(listener);
      stopClock ??= everyInBackground(1000 / FRAMES_PER_SECOND, draw);
      return () => {
        leave();
        if (listeners.size === 0) close();
      };
    },
    onResize: () => () => undefined,
    close,
  };
}
