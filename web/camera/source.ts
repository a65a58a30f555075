/** A source of live pictures: a camera, a clip or a drawing. */
export interface PictureSource {
  /** Shows the newest picture. */
  readonly element: HTMLVideoElement | HTMLCanvasElement;
  /** Size of the pictures, px. */
  readonly width: number;
  readonly height: number;
  /** Calls `listener` at every new picture. Returns a function that stops it. */
  onPicture(listener: () => void): () => void;
  close(): void;
}

/** The listeners to new pictures of one source. */
export class PictureListeners {
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
