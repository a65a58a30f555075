import { useCallback, useEffect, useState } from "react";
import { execute } from "../graphql/execute";
import { FetchNetwork, type Network, NetworkEvents, NetworksQuery, StopFetching } from "../graphql/operations";
import { follow, untilReached } from "../graphql/subscribe";
import { withNetwork } from "./networks";

export interface Networks {
  /** Null until the server answers. */
  networks: readonly Network[] | null;
  failure: string | null;
  /** Fetches a network now, or stops that. */
  fetchNow(id: string): Promise<void>;
  stop(id: string): Promise<void>;
}

/** Every network of the server, kept up to date while it is fetched. Of a lost connection the gallery tells. */
export function useNetworks(): Networks {
  const [networks, setNetworks] = useState<readonly Network[] | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const take = useCallback((network: Network) => setNetworks((known) => withNetwork(known, network)), []);

  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    const load = async () => {
      const { models } = await untilReached(() => execute(NetworksQuery, {}, signal), ignore, signal);
      setNetworks(models);
      setFailure(null);
    };
    const report = (error: unknown) => {
      if (!signal.aborted) setFailure(error instanceof Error ? error.message : String(error));
    };
    const watch = async () => {
      await load();
      await follow({
        document: NetworkEvents,
        variables: () => ({}),
        onEvent: ({ models }) => {
          take(models);
          // Another network may be the default one now.
          if (models.task === "FEATURES" && models.state !== "DOWNLOADING") load().catch(report);
        },
        // What changed before the subscription was open is not told again.
        onConnection: (connected) => {
          if (connected) load().catch(report);
        },
        isOver: () => false,
        signal,
      });
    };
    watch().catch(report);
    return () => ending.abort();
  }, [take]);

  const change = async (changed: Promise<Network>) => {
    try {
      take(await changed);
      setFailure(null);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  return {
    networks,
    failure,
    fetchNow: (id) => change(execute(FetchNetwork, { id }).then(({ downloadModel }) => downloadModel)),
    stop: (id) => change(execute(StopFetching, { id }).then(({ cancelDownload }) => cancelDownload)),
  };
}

function ignore(): void {
  // Whether the server is there is told once on a page.
}
