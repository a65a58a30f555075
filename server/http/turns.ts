import { AtelierError } from "../errors.js";

/** Lets work run a few at a time. */
export interface Turns {
  /** Runs `work` when its turn comes. @throws AtelierError UNAVAILABLE at once when too many wait. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** At most `atOnce` run, at most `waiting` more wait for their turn, first come first served. */
export function createTurns(atOnce: number, waiting: number): Turns {
  const queue: (() => void)[] = [];
  let running = 0;

  return {
    async run(work) {
      if (running >= atOnce) {
        if (queue.length >= waiting) throw new AtelierError("UNAVAILABLE", "The server is busy with other uploads. Try again soon.");
        await new Promise<void>((resolve) => queue.push(resolve));
      } else running++;
      try {
        return await work();
      } finally {
        // The turn goes straight to the next, so that nobody slips in between.
        const next = queue.shift();
        if (next) next();
        else running--;
      }
    },
  };
}
