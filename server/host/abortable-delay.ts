import { setTimeout as delay } from "node:timers/promises";

/** Waits; false when `signal` aborted before the time was over. @param ms milliseconds */
export async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(ms, undefined, { signal });
    return true;
  } catch (error) {
    if (!signal.aborted) throw error;
    return false;
  }
}
