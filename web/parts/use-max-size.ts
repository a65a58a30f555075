import { useEffect, useState } from "react";
import { execute } from "../graphql/execute";
import { ServerQuery } from "../graphql/operations";
import { untilReached } from "../graphql/subscribe";

/** The longest side that the server takes, pixels; null until it answers. */
export function useMaxSize(): number | null {
  const [maxSize, setMaxSize] = useState<number | null>(null);
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    const onConnection = () => {
      // The gallery tells of a lost connection.
    };
    untilReached(() => execute(ServerQuery, {}, signal), onConnection, signal).then(
      ({ server }) => setMaxSize(server.maxSize),
      // The server checks settings itself and says so when Start is pressed.
      () => setMaxSize(null),
    );
    return () => ending.abort();
  }, []);
  return maxSize;
}
