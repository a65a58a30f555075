import { setTimeout as delay } from "node:timers/promises";

/** How long a look may take, ms: health checks and Prometheus give up soon after. */
const LIMIT_MS = 3000;
/** How long a result is given to later requests too, ms. */
const SHARED_MS = 2000;
/** Looks under way at once. One that hangs may never end, and each of them holds a thread or a connection. */
const MOST_AT_ONCE = 2;

export interface SharedLookOptions<Result> {
  look(): Promise<Result>;
  /** The result where a look does not end in time. */
  late: Result;
  limitMs?: number;
  /** How long a result is given to later requests too, ms; with 0 only requests at the same time share it. */
  sharedMs?: number;
}

/**
 * A look at something that may hang, for many requests: all of them within a short time share one look, whose result or
 * error comes within `limitMs`.
 */
export function sharedLook<Result>({
  look,
  late,
  limitMs = LIMIT_MS,
  sharedMs = SHARED_MS,
}: SharedLookOptions<Result>): () => Promise<Result> {
  const underWay = new Set<Promise<Result>>();
  let last: { result: Promise<Result>; validUntil: number } | null = null;

  function begin(): void {
    const looking = look();
    const ended = () => void underWay.delete(looking);
    underWay.add(looking);
    looking.then(ended, ended);
  }

  return () => {
    if (last && performance.now() < last.validUntil) return last.result;
    // Beside one that hangs, another one may find that what hung is back.
    if (underWay.size < MOST_AT_ONCE) begin();
    const next = { result: within(Promise.race(underWay), limitMs, late), validUntil: Number.POSITIVE_INFINITY };
    const settled = () => {
      next.validUntil = performance.now() + sharedMs;
    };
    next.result.then(settled, settled);
    last = next;
    return next.result;
  };
}

/** The result of `work`, or `late` once `limitMs` are over. */
async function within<Result>(work: Promise<Result>, limitMs: number, late: Result): Promise<Result> {
  const ended = new AbortController();
  try {
    // The delay is aborted when it is no longer needed, and then rejects.
    return await Promise.race([work, delay(limitMs, late, { signal: ended.signal })]);
  } finally {
    ended.abort();
  }
}
