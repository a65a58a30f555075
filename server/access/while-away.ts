import type { Bus } from "../bus/bus.js";

/** How long after one time the next begins, ms. */
export const AWAY_PAUSE_MS = 1000;

/**
 * Runs a task again and again while the bus cannot be reached, a second after it ended before: whoever learns of changes from
 * the bus then asks storage. The task must not throw. Returns the function that ends this.
 */
export function whileAway(bus: Pick<Bus, "unreachable">, task: () => Promise<void>): () => void {
  let isRunning = false;
  const timer = setInterval(async () => {
    if (isRunning || bus.unreachable() === null) return;
    isRunning = true;
    await task();
    isRunning = false;
  }, AWAY_PAUSE_MS);
  timer.unref();
  return () => clearInterval(timer);
}
