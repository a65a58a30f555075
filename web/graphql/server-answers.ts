const ANSWER_WITHIN_MS = 4_000;

/** Whether the server answers at all; never throws. */
export async function serverAnswers(): Promise<boolean> {
  try {
    return (await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })).ok;
  } catch {
    // It cannot be reached.
    return false;
  }
}
