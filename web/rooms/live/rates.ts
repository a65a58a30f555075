/** Time over which rates are measured, ms. */
const WINDOW_MS = 3000;

/** Rate and delay of a live translation over the last seconds. */
export interface Rates {
  /** Results drawn per second. */
  framesPerSecond: number;
  /** Median time from capturing a picture to drawing its result, ms. */
  medianMs: number;
  /** 95th percentile of the same time, ms. */
  p95Ms: number;
}

/** Records when results were drawn and how long each one took. */
export class RateMeter {
  private shown: { at: number; delayMs: number }[] = [];

  /** Records a result that was drawn at `at` (ms), `delayMs` after its picture was captured. */
  add(at: number, delayMs: number): void {
    this.shown.push({ at, delayMs });
    this.forget(at);
  }

  /** Null until there are enough results. */
  rates(now: number): Rates | null {
    this.forget(now);
    const [first] = this.shown;
    const last = this.shown.at(-1);
    if (!first || !last || this.shown.length < 3) return null;
    const delays = this.shown.map(({ delayMs }) => delayMs).sort((a, b) => a - b);
    return {
      framesPerSecond: ((this.shown.length - 1) * 1000) / (last.at - first.at),
      medianMs: quantile(delays, 0.5),
      p95Ms: quantile(delays, 0.95),
    };
  }

  private forget(now: number): void {
    this.shown = this.shown.filter(({ at }) => at > now - WINDOW_MS);
  }
}

/** The quantile of sorted values, by the nearest rank. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
