/** Has work done one after the other, in the order in which it came. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  /** Does work when everything before it has ended. Returns its result. @throws what the work throws. */
  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.last.then(work);
    this.last = Promise.allSettled([result]);
    return result;
  }

  /** Resolves when everything so far has ended. */
  async idle(): Promise<void> {
    await this.last;
  }
}
