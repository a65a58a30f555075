interface DecodedResultsParts<Result> {
  /** Called in the order of steps; steps that are late are left out. */
  show(step: number, result: Result): void;
  /** Told of a result that came too late to be shown. */
  discard(result: Result): void;
  onError(error: unknown): void;
}

/** Pictures are decoded side by side, and may be ready out of order: lets through what is newer than all that was shown. */
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

  /** Shows nothing more, and tells of no failure. */
  close(): void {
    this.closed = true;
  }
}
