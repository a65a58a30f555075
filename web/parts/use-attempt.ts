import { useEffect, useState } from "react";
import { ServerError } from "../graphql/execute";

/** Time for which a conflict is shown, ms. */
const CONFLICT_MS = 8_000;

export interface Attempt {
  busy: boolean;
  /** Error of the last attempt; null if it succeeded. */
  failure: unknown;
  /** Resolves with whether the action succeeded. */
  attempt(action: () => Promise<unknown>): Promise<boolean>;
  /** Forgets the error. */
  forget(): void;
}

/** Runs the action of a button and keeps its error. */
export function useAttempt(): Attempt {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);

  useEffect(() => {
    if (!(failure instanceof ServerError && failure.code === "CONFLICT")) return;
    const timer = setTimeout(() => setFailure(null), CONFLICT_MS);
    return () => clearTimeout(timer);
  }, [failure]);

  async function attempt(action: () => Promise<unknown>): Promise<boolean> {
    setBusy(true);
    setFailure(null);
    try {
      await action();
      return true;
    } catch (error) {
      setFailure(error);
      return false;
    } finally {
      setBusy(false);
    }
  }

  return { busy, failure, attempt, forget: () => setFailure(null) };
}
