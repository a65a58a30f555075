/** Where live pictures come from: a camera, a clip, a drawing. */
export interface FrameSource {
  /** Shows the newest picture. */
  readonly element: HTMLVideoElement | HTMLCanvasElement;
  /** Size of the pictures, px. */
  readonly width: number;
  readonly height: number;
  /** Calls `listener` at every new picture; the answer ends it. */
  onPicture(listener: () => void): () => void;
  close(): void;
}

/** Those who wait for new pictures of one source. */
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
