interface DecodedResultsParts<Result> {
  /** Called in the order of steps; late steps are left out. */
  show(step: number, result: Result): void;
  /** Receives a result that came too late to be shown. */
  discard(result: Result): void;
  onError(error: unknown): void;
}

/**
 * Passes on decoded pictures in order: they are decoded in parallel, and one that is older than the last shown is
 * dropped.
 */
export class DecodedResults<Result> {
  private newest = -1;
  private closed = false;

  constructor(private readonly parts: DecodedResultsParts<Result>) {}

  take(step: number, decoding: Promise<Result>): void {
    decoding.then(
      (result) => {
        if (this.closed || step <= this.newest) return this.parts.discard(result);
        this.newest = step;
        this.parts.show(step, result);
      },
      (error: unknown) => {
        if (!this.closed) this.parts.onError(error);
      },
    );
  }

  /** Stops showing results and reporting failures. */
  close(): void {
    this.closed = true;
  }
}
