/** Runs tasks one after the other, in the order in which they were added. Errors of tasks go to `onError`. */
export class SerialQueue {
  private tail: Promise<unknown> = Promise.resolve();

  constructor(private readonly onError: (error: unknown) => void | Promise<void>) {}

  /** Adds a task; resolves with its result when it has run, or with nothing when it failed. */
  run<Result>(task: () => Promise<Result>): Promise<Result | undefined> {
    const result = this.tail.then(task).catch(async (error: unknown) => {
      await this.onError(error);
      return undefined;
    });
    this.tail = result;
    return result;
  }

  /** Resolves when every task added so far has run. */
  async idle(): Promise<void> {
    await this.tail;
  }
}
