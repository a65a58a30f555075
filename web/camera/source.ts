/** A source of live pictures: a camera, a clip or a drawing. */
export interface PictureSource {
  /** Shows the newest picture. */
  readonly element: HTMLVideoElement | HTMLCanvasElement;
  /** The newest picture, to be captured. */
  readonly picture: CanvasImageSource;
  /** Size of the pictures, px. It changes when a phone is turned. */
  readonly width: number;
  readonly height: number;
  /** Calls `listener` at every new picture, also while the page is hidden where the browser allows that. Returns a function that stops it. */
  onPicture(listener: () => void): () => void;
  /** Calls `listener` when the size has changed. Returns a function that stops it. */
  onResize(listener: () => void): () => void;
  close(): void;
}

/** The listeners to one kind of event of a source. */
export class SourceListeners {
  private readonly listeners = new Set<() => void>();

  get size(): number {
    return this.listeners.size;
  }

  add(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  tell(): void {
    for (const listener of [...this.listeners]) listener();
  }

  clear(): void {
    this.listeners.clear();
  }
}
