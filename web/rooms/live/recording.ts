import { liveTexts as texts } from "../../texts/live";

/** Formats that browsers record, best first. */
const formats = [
  { mimeType: "video/mp4;codecs=avc1.42E01E", extension: "mp4" },
  { mimeType: "video/webm;codecs=vp9", extension: "webm" },
  { mimeType: "video/webm;codecs=vp8", extension: "webm" },
  { mimeType: "video/webm", extension: "webm" },
];

const BITS_PER_SECOND = 6_000_000;

/** A recording of a canvas that runs until it is ended. */
export interface Recording {
  /** Ends the recording and returns the film with its file extension. */
  end(): Promise<{ film: Blob; extension: string }>;
}

/** Whether this browser can record. */
export function canRecord(): boolean {
  return typeof MediaRecorder !== "undefined" && "captureStream" in HTMLCanvasElement.prototype;
}

/** Starts to record a canvas. @throws Error if the browser supports no known format. */
export function record(canvas: HTMLCanvasElement): Recording {
  const format = formats.find(({ mimeType }) => MediaRecorder.isTypeSupported(mimeType));
  if (!format) throw new Error(texts.noRecording);
  const stream = canvas.captureStream();
  const recorder = new MediaRecorder(stream, { mimeType: format.mimeType, videoBitsPerSecond: BITS_PER_SECOND });
  const parts: Blob[] = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.start(1000);
  return {
    end() {
      return new Promise((resolve) => {
        const finish = () => {
          for (const track of stream.getTracks()) track.stop();
          resolve({ film: new Blob(parts, { type: format.mimeType }), extension: format.extension });
        };
        // A failure has already ended the recording, and `parts` holds the film so far.
        if (recorder.state === "inactive") return finish();
        recorder.onstop = finish;
        recorder.stop();
      });
    },
  };
}

/** Saves a file as a download. */
export function saveFile(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Some browsers read the address only after the click has returned.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
