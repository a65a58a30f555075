/** Counts times by size, as Prometheus's histograms do: each bucket has all times up to its limit. */
export class TimeHistogram {
  /** Numbers of times within each limit; longer ones are in `count` alone. */
  readonly within: number[];
  count = 0;
  sumMs = 0;

  /** `limitsMs` are the upper bounds of the buckets, rising, ms. */
  constructor(readonly limitsMs: readonly number[]) {
    this.within = limitsMs.map(() => 0);
  }

  add(ms: number): void {
    this.count++;
    this.sumMs += ms;
    for (const [bucket, limit] of this.limitsMs.entries()) if (ms <= limit) this.within[bucket]!++;
  }
}
