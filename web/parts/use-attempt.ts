import { useEffect, useState } from "react";
import { mayPass, ServerError } from "../graphql/execute";
import { untilReached } from "../graphql/subscribe";

/** Time for which a conflict is shown, ms. */
const CONFLICT_MS = 8_000;

export interface Attempt {
  busy: boolean;
  /** Error of the last attempt; null if it succeeded. */
  failure: unknown;
  /** Resolves with whether the action succeeded. */
  attempt(action: () => Promise<unknown>): Promise<boolean>;
  /** Loads what the page shows: again while the server or its database is away, whose error shows meanwhile. */
  load(action: () => Promise<unknown>, signal: AbortSignal): Promise<void>;
  /** Forgets the error. */
  forget(): void;
}

/** Runs the action of a button, or loads a part of a page, and keeps the error. */
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

  async function load(action: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    const passes = (error: unknown) => {
      if (!signal.aborted) setFailure(error);
      return mayPass(error);
    };
    setBusy(true);
    try {
      await untilReached(action, signal, passes);
      setFailure(null);
    } catch (error) {
      if (!signal.aborted) setFailure(error);
    } finally {
      if (!signal.aborted) setBusy(false);
    }
  }

  return { busy, failure, attempt, load, forget: () => setFailure(null) };
}
