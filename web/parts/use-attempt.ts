import { useEffect, useState } from "react";
import { ServerError } from "../graphql/execute";

/** How long a page tells that somebody else was faster, ms. */
const CONFLICT_MS = 8_000;

export interface Attempt {
  busy: boolean;
  /** What the last one failed with; null when it did not. */
  failure: unknown;
  /** Answers whether it succeeded. */
  attempt(action: () => Promise<unknown>): Promise<boolean>;
}

/** Something that a button does, which may fail. */
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

  return { busy, failure, attempt };
}
