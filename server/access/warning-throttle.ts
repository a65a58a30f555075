/** Time in which further warnings are only counted, ms. */
const PERIOD_MS = 60_000;

/**
 * Passes on the first warning in full, and then, once a minute, how many more there were: strangers can cause warnings of
 * this kind as often as they like.
 */
export class WarningThrottle {
  private timer: NodeJS.Timeout | null = null;
  private count = 0;
  private last = "";

  constructor(private readonly warn: (message: string) => void) {}

  add(message: string): void {
    if (this.timer) {
      this.count++;
      this.last = message;
      return;
    }
    this.warn(message);
    this.timer = setInterval(() => this.endPeriod(), PERIOD_MS).unref();
  }

  /** Passes on what was held back. */
  close(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    this.pass();
  }

  private endPeriod(): void {
    if (this.count === 0) this.close();
    else this.pass();
  }

  private pass(): void {
    if (this.count > 0) this.warn(`${this.count} more in the last minute, the last one: ${this.last}`);
    this.count = 0;
  }
}
