import type { Bus } from "../bus/bus.js";

/** Time between two runs, ms. */
export const AWAY_PAUSE_MS = 500;

/**
 * Runs a task twice a second while the bus cannot be reached, so that changes are read from storage which the bus does not
 * carry. A run that takes longer is waited for. The task must not throw. Returns the function that ends this.
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
