import { liveTexts } from "../texts/live";

/** What the worker is asked for; `id` tells requests apart. */
export type BackgroundRequest =
  | { type: "encode"; id: number; picture: ImageBitmap | VideoFrame; width: number; height: number; mirrored: boolean }
  | { type: "tick"; id: number; everyMs: number }
  | { type: "stop"; id: number };

export type BackgroundAnswer =
  | { type: "encoded"; id: number; text: string }
  | { type: "failed"; id: number; message: string }
  | { type: "tick"; id: number };

/**
 * A worker of this page. Browsers slow down the timers and the encoders of a hidden page, but not those of its workers.
 */
class Background {
  private readonly worker = new Worker(new URL("./background-worker.ts", import.meta.url));
  private readonly encodings = new Map<number, { resolve(text: string): void; reject(error: Error): void }>();
  private readonly clocks = new Map<number, () => void>();
  private lastId = 0;

  constructor() {
    this.worker.onmessage = ({ data }: MessageEvent<BackgroundAnswer>) => this.receive(data);
    // Its script could not be loaded, or failed between two requests.
    this.worker.onerror = () => {
      for (const { reject } of this.encodings.values()) reject(new Error(liveTexts.noEncoding));
      this.encodings.clear();
    };
  }

  encode(picture: ImageBitmap | VideoFrame, form: { width: number; height: number; mirrored: boolean }): Promise<string> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.encodings.set(id, { resolve, reject });
      this.worker.postMessage({ type: "encode", id, picture, ...form } satisfies BackgroundRequest, [picture]);
    });
  }

  every(everyMs: number, listener: () => void): () => void {
    const id = ++this.lastId;
    this.clocks.set(id, listener);
    this.worker.postMessage({ type: "tick", id, everyMs } satisfies BackgroundRequest);
    return () => {
      this.clocks.delete(id);
      this.worker.postMessage({ type: "stop", id } satisfies BackgroundRequest);
    };
  }

  private receive(answer: BackgroundAnswer): void {
    if (answer.type === "tick") {
      this.clocks.get(answer.id)?.();
      return;
    }
    const encoding = this.encodings.get(answer.id);
    this.encodings.delete(answer.id);
    if (answer.type === "encoded") encoding?.resolve(answer.text);
    else encoding?.reject(new Error(liveTexts.noEncoding, { cause: answer.message }));
  }
}

let background: Background | null = null;

function opened(): Background {
  background ??= new Background();
  return background;
}

/** A picture, which is closed then, as JPEG in base64 of this size in px, also while the page is hidden. */
export function encodeInBackground(
  picture: ImageBitmap | VideoFrame,
  form: { width: number; height: number; mirrored: boolean },
): Promise<string> {
  return opened().encode(picture, form);
}

/** Calls the listener every so many ms, also while the page is hidden. Returns the function that ends this. */
export function everyInBackground(everyMs: number, listener: () => void): () => void {
  return opened().every(everyMs, listener);
}
