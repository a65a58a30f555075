import { setTimeout as delay } from "node:timers/promises";

/** Waits `ms` milliseconds; false when `signal` aborted before they were over. */
export async function abortableDelay(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(ms, undefined, { signal });
    return true;
  } catch (error) {
    if (!signal.aborted) throw error;
    return false;
  }
}
