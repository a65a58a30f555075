/** Runs tasks one after the other, in the order in which they were added. Errors of tasks go to `onError`. */
export class SerialQueue {
  private tail: Promise<void> = Promise.resolve();

  constructor(private readonly onError: (error: unknown) => void | Promise<void>) {}

  /** Adds a task; resolves when it has run, whether or not it failed. */
  run(task: () => Promise<void>): Promise<void> {
    this.tail = this.tail.then(task).catch((error: unknown) => this.onError(error));
    return this.tail;
  }

  /** Resolves when every task added so far has run. */
  idle(): Promise<void> {
    return this.tail;
  }
}
