/** Runs tasks one after the other in the order they came. A task handles its own errors: what one throws goes to `onError`. */
export class Lane {
  private tail: Promise<void> = Promise.resolve();

  constructor(private readonly onError: (error: unknown) => void | Promise<void>) {}

  /** Lines a task up; resolves when it has run, whether or not it failed. */
  run(task: () => Promise<void>): Promise<void> {
    this.tail = this.tail.then(task).catch((error: unknown) => this.onError(error));
    return this.tail;
  }

  /** Resolves when everything lined up so far has run. */
  idle(): Promise<void> {
    return this.tail;
  }
}
