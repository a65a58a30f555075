export interface CoalescerParts<Value> {
  /** Processes a value; must handle its own errors. */
  work(value: Value): Promise<void>;
  /** Merges a newer value into one that has not been started. */
  merge(waiting: Value, newer: Value): Value;
  /** Least time between two starts, ms. */
  everyMs?: number;
}

/**
 * Processes one value at a time and never keeps a queue: values that are offered meanwhile are merged into one. The
 * last value is always processed.
 */
export class Coalescer<Value> {
  private waiting: { value: Value } | null = null;
  private running = false;

  constructor(private readonly parts: CoalescerParts<Value>) {}

  offer(value: Value): void {
    this.waiting = { value: this.waiting ? this.parts.merge(this.waiting.value, value) : value };
    if (!this.running) void this.run();
  }

  /** Whether a newer value is waiting. */
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
