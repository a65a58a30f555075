import type { ResultOf } from "gql.tada";
import { useEffect, useState } from "react";
import { execute } from "../graphql/execute";
import { ServerQuery } from "../graphql/operations";
import { untilReached } from "../graphql/subscribe";

type ServerFacts = ResultOf<typeof ServerQuery>["server"];

/** The size limit and the export formats of the server; null until they are loaded. */
export function useServer(): ServerFacts | null {
  const [facts, setFacts] = useState<ServerFacts | null>(null);
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    untilReached(() => execute(ServerQuery, {}, signal), signal).then(
      ({ server }) => setFacts(server),
      // The page works without them: the server checks every setting itself when a session starts.
      () => setFacts(null),
    );
    return () => ending.abort();
  }, []);
  return facts;
}
