/** Draws results on a canvas, at most one per animation frame and always the newest. */
export class ResultCanvas {
  private newest: { picture: ImageBitmap; onDrawn: (at: number) => void } | null = null;
  private frame = 0;

  constructor(private readonly canvas: HTMLCanvasElement) {}

  /** Replaces a result that was not drawn yet; `onDrawn` receives the time when this one is drawn. */
  show(picture: ImageBitmap, onDrawn: (at: number) => void): void {
    this.newest?.picture.close();
    this.newest = { picture, onDrawn };
    // A hidden page has no animation frames, but may record a film.
    if (document.hidden) this.draw();
    else this.frame ||= requestAnimationFrame(() => this.draw());
  }

  close(): void {
    cancelAnimationFrame(this.frame);
    this.newest?.picture.close();
    this.newest = null;
  }

  private draw(): void {
    this.frame = 0;
    if (!this.newest) return;
    const { picture, onDrawn } = this.newest;
    this.newest = null;
    if (this.canvas.width !== picture.width) this.canvas.width = picture.width;
    if (this.canvas.height !== picture.height) this.canvas.height = picture.height;
    this.canvas.getContext("2d", { alpha: false })?.drawImage(picture, 0, 0);
    picture.close();
    onDrawn(performance.now());
  }
}
