import { TimeHistogram } from "../time-histogram.js";

/** Upper bounds of the delay's buckets, ms: from a fast network on a GPU to a session that waits its turn. */
export const delayBucketsMs = [10, 20, 33, 50, 75, 100, 150, 250, 500, 1000] as const;

/**
 * Numbers of live frames that this server received, and of what became of them. A frame that was on the device when its
 * session or device ended counts as received only.
 */
export interface LiveTotals {
  received: number;
  /** Frames whose results were published. */
  translated: number;
  /** Frames that a newer one replaced, or whose device died before it began with them. */
  superseded: number;
  /** Frames refused with an error: not a picture, not numbered upwards, or sent to a session that takes none. */
  rejected: number;
}

/** Counts live frames since the server started, and how long it took from each one's arrival to its result. */
export class LiveCounts {
  readonly totals: LiveTotals = { received: 0, translated: 0, superseded: 0, rejected: 0 };
  readonly delays = new TimeHistogram(delayBucketsMs);

  count(what: "received" | "superseded" | "rejected"): void {
    this.totals[what]++;
  }

  /** Counts a result that was published `delayMs` after its frame had arrived. */
  translated(delayMs: number): void {
    this.totals.translated++;
    this.delays.add(delayMs);
  }
}
