import { useEffect, useState } from "react";
import { ViewersEvents } from "../../graphql/operations";
import { follow } from "../../graphql/subscribe";

/** How many watch a session now, this page among them; null while it is not known. */
export function useViewers(id: string, over: boolean): number | null {
  const [viewers, setViewers] = useState<number | null>(null);
  useEffect(() => {
    if (over) return;
    const ending = new AbortController();
    follow({
      document: ViewersEvents,
      variables: () => ({ id }),
      onEvent: (event) => setViewers(event.viewers),
      onConnection: (connected) => {
        if (!connected) setViewers(null);
      },
      isOver: () => false,
      signal: ending.signal,
      // Whoever follows the session says that it is gone.
    }).catch(() => setViewers(null));
    return () => {
      ending.abort();
      setViewers(null);
    };
  }, [id, over]);
  return viewers;
}
