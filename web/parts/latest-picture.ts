/** Time before a picture that did not load is asked for again, ms; it doubles up to the longest one. */
const AGAIN_AFTER_MS = 1_000;
const LONGEST_MS = 60_000;

/**
 * Draws the newest picture on a canvas: it loads one at a time, newer ones replace the one that waits, and the canvas
 * is drawn at most once per animation frame. The newest one is asked for again when it does not load, as while the server
 * is away.
 */
export class LatestPicture {
  private onTheWay = new AbortController();
  private closed = false;
  private waiting: string | null = null;
  private loading = false;
  private ready: ImageBitmap | null = null;
  private animationFrame = 0;
  private again: ReturnType<typeof setTimeout> | undefined;
  /** How often in a row the newest picture did not load. */
  private failures = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    /** Receives the URL of each picture that is drawn. */
    private readonly onShown: (url: string) => void,
    /** Receives the URL of each picture that no longer exists. */
    private readonly onMissing: (url: string) => void,
  ) {}

  offer(url: string): void {
    this.failures = 0;
    this.want(url);
  }

  /** Gives up the pictures on their way, which may be about to be deleted, and keeps the one that is drawn. */
  drop(): void {
    clearTimeout(this.again);
    this.waiting = null;
    this.onTheWay.abort();
    this.onTheWay = new AbortController();
  }

  close(): void {
    this.closed = true;
    this.drop();
    cancelAnimationFrame(this.animationFrame);
    this.ready?.close();
    this.ready = null;
  }

  private want(url: string): void {
    clearTimeout(this.again);
    this.waiting = url;
    if (!this.loading) void this.loadAll();
  }

  private async loadAll(): Promise<void> {
    this.loading = true;
    while (this.waiting !== null && !this.closed) {
      const url = this.waiting;
      this.waiting = null;
      const { signal } = this.onTheWay;
      const found = await this.load(url, signal);
      if (signal.aborted) {
        if (found instanceof ImageBitmap) found.close();
      } else if (found instanceof ImageBitmap) this.draw(found, url);
      else if (found === "missing") this.onMissing(url);
      else if (this.waiting === null) this.askAgain(url);
    }
    this.loading = false;
  }

  private async load(url: string, signal: AbortSignal): Promise<ImageBitmap | "missing" | "failed"> {
    try {
      const response = await fetch(url, { signal });
      if (response.status === 404) return "missing";
      return response.ok ? await createImageBitmap(await response.blob()) : "failed";
    } catch {
      // The server cannot be reached, or the picture is no longer wanted.
      return "failed";
    }
  }

  private askAgain(url: string): void {
    const pause = Math.min(LONGEST_MS, AGAIN_AFTER_MS * 2 ** this.failures++);
    this.again = setTimeout(() => this.want(url), pause);
  }

  private draw(bitmap: ImageBitmap, url: string): void {
    this.ready?.close();
    this.ready = bitmap;
    cancelAnimationFrame(this.animationFrame);
    this.animationFrame = requestAnimationFrame(() => {
      this.ready = null;
      // The page sets the canvas's place and proportions, so a frame of another size moves nothing.
      if (this.canvas.width !== bitmap.width) this.canvas.width = bitmap.width;
      if (this.canvas.height !== bitmap.height) this.canvas.height = bitmap.height;
      this.canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
      bitmap.close();
      this.onShown(url);
    });
  }
}
