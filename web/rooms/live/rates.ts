/** Time over which rates are told, ms. */
const WINDOW_MS = 3000;

/** How live a translation is, over the last seconds. */
export interface Rates {
  /** Results drawn per second. */
  framesPerSecond: number;
  /** From the capture of a picture to its result drawn, ms: half of the results take no longer. */
  medianMs: number;
  /** The same for 95 of 100. */
  p95Ms: number;
}

/** Keeps when results were drawn, and how long each was on its way. */
export class RateMeter {
  private shown: { at: number; delayMs: number }[] = [];

  /** A result was drawn at `at` (ms), `delayMs` after its picture was captured. */
  add(at: number, delayMs: number): void {
    this.shown.push({ at, delayMs });
    this.forget(at);
  }

  /** Null while too little is known. */
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

/** Of sorted values, by the nearest rank. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
