import type { ResultOf } from "gql.tada";
import { useEffect, useState } from "react";
import { execute, mayPass } from "../graphql/execute";
import { ServerQuery } from "../graphql/operations";
import { untilReached } from "../graphql/subscribe";
import { useAccess } from "./access";

type ServerFacts = ResultOf<typeof ServerQuery>["server"];

/** The size limit and the export formats of the server; null until they are loaded, and for a stranger. */
export function useServer(): ServerFacts | null {
  const [facts, setFacts] = useState<ServerFacts | null>(null);
  const isKnown = (useAccess()?.role ?? null) !== null;
  useEffect(() => {
    if (!isKnown) return;
    const ending = new AbortController();
    const { signal } = ending;
    untilReached(() => execute(ServerQuery, {}, signal), signal, mayPass).then(
      ({ server }) => setFacts(server),
      // The page works without them: the server checks every setting itself when a session starts.
      () => setFacts(null),
    );
    return () => ending.abort();
  }, [isKnown]);
  return facts;
}
