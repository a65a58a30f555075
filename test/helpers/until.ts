import { setTimeout as delay } from "node:timers/promises";

/** Longest wait, ms. */
const PATIENCE_MS = 60_000;

/** Waits until `condition` holds. @throws Error when it does not in a minute, or in `patienceMs`. */
export async function until(condition: () => boolean | Promise<boolean>, patienceMs = PATIENCE_MS): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`In ${patienceMs / 1000} s this did not come true: ${condition}`);
    await delay(5);
  }
}
