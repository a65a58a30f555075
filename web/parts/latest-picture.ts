/**
 * Draws the newest picture on a canvas: it loads one at a time, newer ones replace the one that waits, and the canvas
 * is drawn at most once per animation frame.
 */
export class LatestPicture {
  private onTheWay = new AbortController();
  private closed = false;
  private waiting: string | null = null;
  private loading = false;
  private ready: ImageBitmap | null = null;
  private animationFrame = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    /** Receives the URL of each picture that is drawn. */
    private readonly onShown: (url: string) => void,
    /** Receives the URL of each picture that no longer exists. */
    private readonly onMissing: (url: string) => void,
  ) {}

  offer(url: string): void {
    this.waiting = url;
    if (!this.loading) void this.loadAll();
  }

  /** Gives up the pictures on their way, which may be about to be deleted, and keeps the one that is drawn. */
  drop(): void {
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

  private async loadAll(): Promise<void> {
    this.loading = true;
    while (this.waiting !== null && !this.closed) {
      const url = this.waiting;
      this.waiting = null;
      const { signal } = this.onTheWay;
      const bitmap = await this.load(url, signal);
      if (!bitmap) continue;
      if (signal.aborted) bitmap.close();
      else this.draw(bitmap, url);
    }
    this.loading = false;
  }

  /** Null for a picture that fails to load: the next one replaces it. */
  private async load(url: string, signal: AbortSignal): Promise<ImageBitmap | null> {
    try {
      const response = await fetch(url, { signal });
      if (response.status === 404) this.onMissing(url);
      return response.ok ? await createImageBitmap(await response.blob()) : null;
    } catch {
      return null;
    }
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
