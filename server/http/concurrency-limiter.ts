import { unavailable } from "../errors.js";

/** Limits how many pieces of work run at a time. */
export interface ConcurrencyLimiter {
  /** Runs `work` as soon as there is a free place. @throws AtelierError UNAVAILABLE at once when too many are waiting. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
}

/**
 * At most `maxRunning` run and at most `maxWaiting` more wait, first come first served. `others` names in the error what
 * the server is busy with.
 */
export function createConcurrencyLimiter(maxRunning: number, maxWaiting: number, others = "uploads"): ConcurrencyLimiter {
  const waiting: (() => void)[] = [];
  let running = 0;

  return {
    async run(work) {
      if (running >= maxRunning) {
        if (waiting.length >= maxWaiting) throw unavailable(`The server is busy with other ${others}. Try again soon.`);
        await new Promise<void>((resolve) => waiting.push(resolve));
      } else running++;
      try {
        return await work();
      } finally {
        // The place goes straight to the next in the queue, so that no newcomer can take it.
        const next = waiting.shift();
        if (next) next();
        else running--;
      }
    },
  };
}
