import { setTimeout as delay } from "node:timers/promises";

/** Longest wait, ms. */
const PATIENCE_MS = 60_000;

/** Waits until `condition` holds. @throws Error when it does not in a minute. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`In ${PATIENCE_MS / 1000} s this did not come true: ${condition}`);
    await delay(5);
  }
}
