export interface CoalescerParts<Value> {
  /** What is done with a value; deals with its own errors. */
  work(value: Value): Promise<void>;
  /** What is to be done when `newer` comes while `waiting` has not begun. */
  merge(waiting: Value, newer: Value): Value;
  /** Least time between two beginnings, ms. */
  everyMs?: number;
}

/**
 * Does one thing at a time and never keeps a queue: values that are offered meanwhile are merged into one. The last value
 * that was offered is always done.
 */
export class Coalescer<Value> {
  private waiting: { value: Value } | null = null;
  private running = false;

  constructor(private readonly parts: CoalescerParts<Value>) {}

  offer(value: Value): void {
    this.waiting = { value: this.waiting ? this.parts.merge(this.waiting.value, value) : value };
    if (!this.running) void this.run();
  }

  /** Whether something newer than what is in work was offered. */
  get hasWaiting(): boolean {
    return this.waiting !== null;
  }

  private async run(): Promise<void> {
    const { work, everyMs = 0 } = this.parts;
    this.running = true;
    while (this.waiting) {
      const { value } = this.waiting;
      this.waiting = null;
      const rest = new Promise((resolve) => setTimeout(resolve, everyMs));
      await work(value);
      if (everyMs > 0) await rest;
    }
    this.running = false;
  }
}
