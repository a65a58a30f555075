/** Upper ends of the delay histogram's buckets, ms: from a fast network on a GPU to a session that waits its turn. */
export const delayBucketsMs = [10, 20, 33, 50, 75, 100, 150, 250, 500, 1000] as const;

/**
 * What becomes of the live frames that this server is sent: each is received and ends as one of the others, but for those
 * in work when their session or their device ended.
 */
export interface LiveTotals {
  received: number;
  /** Their results were published. */
  translated: number;
  /** A newer frame took their place, or their device died before their run. */
  superseded: number;
  /** No pictures, badly numbered, or sent to a session that takes none: told to the client, and neither translated nor dropped. */
  rejected: number;
}

/** Counts live frames since the server started, and how long it took from each one's arrival to its result. */
export class LiveCounts {
  readonly totals: LiveTotals = { received: 0, translated: 0, superseded: 0, rejected: 0 };
  /** Results that took at most so long as the bucket says, ms; slower ones are in `totals.translated` alone. */
  readonly delays: number[] = delayBucketsMs.map(() => 0);
  delaySumMs = 0;

  count(what: "received" | "superseded" | "rejected"): void {
    this.totals[what]++;
  }

  /** A result was published `delayMs` after its frame had come. */
  translated(delayMs: number): void {
    this.totals.translated++;
    this.delaySumMs += delayMs;
    delayBucketsMs.forEach((limit, bucket) => {
      if (delayMs <= limit) this.delays[bucket]!++;
    });
  }
}
