import { setTimeout as delay } from "node:timers/promises";

/** Longest wait, ms. */
const PATIENCE_MS = 150_000;

/** Shortest and longest pause between two looks, ms. */
const [SHORTEST_MS, LONGEST_MS] = [5, 100];

/** Waits until `condition` holds. @throws Error when it does not in two and a half minutes, or in `patienceMs`. */
export async function until(condition: () => boolean | Promise<boolean>, patienceMs = PATIENCE_MS): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const began = performance.now();
    if (await condition()) return;
    const ended = performance.now();
    if (ended > deadline) throw new Error(`In ${patienceMs / 1000} s this did not come true: ${condition}`);
    // A condition that asks a server leaves the processor to what it waits for most of the time.
    await delay(Math.min(Math.max(SHORTEST_MS, 4 * (ended - began)), LONGEST_MS));
  }
}
