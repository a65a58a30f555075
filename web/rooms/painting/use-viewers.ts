import { useState } from "react";
import { ViewersEvents } from "../../graphql/operations";
import { useSubscription } from "../../graphql/use-subscription";

/** How many people watch a session now, including this page; null while that is not known. */
export function useViewers(id: string, over: boolean): number | null {
  const [viewers, setViewers] = useState<number | null>(null);
  useSubscription(over ? null : id, (_key, signal) => {
    const forget = () => setViewers(null);
    signal.addEventListener("abort", forget);
    return {
      document: ViewersEvents,
      variables: () => ({ id }),
      onEvent: ({ viewers: count }) => setViewers(count),
      onConnection(connected) {
        if (!connected) forget();
      },
      // The session's own subscription reports that the session is gone.
      onFailure: forget,
    };
  });
  return viewers;
}
