import type { ResultOf, VariablesOf } from "gql.tada";
import { useEffect, useRef } from "react";
import { mayPass } from "./execute";
import { type Follow, follow, subscriptionsBegun, untilReached } from "./subscribe";

/** A subscription that a component keeps open. Its closures may hold state that lasts as long as the subscription. */
export interface Subscription<Result, Variables> extends Omit<Follow<Result, Variables>, "signal"> {
  /** Loads the data that the events keep up to date; runs before the subscription opens. */
  load?(): Promise<void>;
  /** Whether to load again at each connection, because the server does not send earlier changes. */
  reloads?: boolean;
  /** Receives the error of a load or of the subscription; not called once `signal` has aborted. */
  onFailure(error: unknown): void;
}

/** A subscription to the events of one document. */
export type SubscriptionTo<Document> = Subscription<ResultOf<Document>, VariablesOf<Document>>;

type Open<Result, Variables> = (key: string, signal: AbortSignal) => Subscription<Result, Variables>;

/** Keeps a subscription open while `key` stays the same, through lost connections; none while it is null. */
export function useSubscription<Result, Variables extends Record<string, unknown>>(
  key: string | null,
  open: Open<Result, Variables>,
): void {
  useSubscriptions(key === null ? [] : [key], open);
}

/** Keeps one subscription open for each of `keys`; all of them restart when the keys change. */
export function useSubscriptions<Result, Variables extends Record<string, unknown>>(
  keys: readonly string[],
  open: Open<Result, Variables>,
): void {
  const newest = useRef(open);
  useEffect(() => {
    newest.current = open;
  });
  const joined = JSON.stringify(keys);
  useEffect(() => {
    const ending = new AbortController();
    for (const key of JSON.parse(joined) as string[]) void watch(newest.current(key, ending.signal), ending.signal);
    return () => ending.abort();
  }, [joined]);
}

/** Loads, then follows the events until the subscription is over, fails or `signal` aborts. */
export async function watch<Result, Variables extends Record<string, unknown>>(
  subscription: Subscription<Result, Variables>,
  signal: AbortSignal,
): Promise<void> {
  const { load, reloads = false, onFailure, onConnection, isOver, ...rest } = subscription;
  const fail = (error: unknown) => {
    if (!signal.aborted) onFailure(error);
  };
  /** Ends the loading after the connection before, which the next one makes anew. */
  let reloading = new AbortController();
  signal.addEventListener("abort", () => reloading.abort());
  const loadAgain = async (again: () => Promise<void>) => {
    reloading.abort();
    reloading = new AbortController();
    const { signal: own } = reloading;
    const afterBegin = async () => {
      await subscriptionsBegun();
      await again();
    };
    try {
      await untilReached(afterBegin, own, mayPass, onConnection);
    } catch (error) {
      if (!own.aborted) fail(error);
    }
  };
  try {
    if (load) await untilReached(load, signal, mayPass, onConnection);
    if (signal.aborted || isOver?.()) return;
    await follow({
      ...rest,
      onConnection(connected) {
        onConnection?.(connected);
        if (connected && reloads && load) void loadAgain(load);
      },
      ...(isOver ? { isOver } : {}),
      signal,
    });
  } catch (error) {
    fail(error);
  }
}
