import { useState } from "react";
import { execute, mayPass, messageOf } from "../graphql/execute";
import { FetchNetwork, type Network, NetworkEvents, NetworksQuery, StopFetching } from "../graphql/operations";
import { untilReached } from "../graphql/subscribe";
import { useSubscription } from "../graphql/use-subscription";
import { withNetwork } from "./networks";

export interface Networks {
  /** Null until they are loaded. */
  networks: readonly Network[] | null;
  failure: string | null;
  /** Downloads a network now, or stops the download. */
  fetchNow(id: string): Promise<void>;
  stop(id: string): Promise<void>;
}

/** Every network of the server, kept up to date. The gallery shows whether the connection is lost. */
export function useNetworks(): Networks {
  const [networks, setNetworks] = useState<readonly Network[] | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const take = (network: Network) => setNetworks((known) => withNetwork(known, network));
  const report = (error: unknown) => setFailure(messageOf(error));

  useSubscription("networks", (_key, signal) => {
    /** For each load under way, the networks that changed meanwhile: its answer may be older. */
    const loads = new Set<Network[]>();
    const load = async () => {
      const meanwhile: Network[] = [];
      loads.add(meanwhile);
      try {
        const { models } = await execute(NetworksQuery, {}, signal);
        setNetworks(meanwhile.reduce<readonly Network[]>(withNetwork, models));
        setFailure(null);
      } finally {
        loads.delete(meanwhile);
      }
    };
    return {
      document: NetworkEvents,
      variables: () => ({}),
      load,
      reloads: true,
      onEvent({ models }) {
        take(models);
        for (const meanwhile of loads) meanwhile.push(models);
        // Another network may be the default one now.
        if (models.task === "FEATURES" && models.state !== "DOWNLOADING")
          untilReached(load, signal, mayPass).catch((error: unknown) => signal.aborted || report(error));
      },
      onFailure: report,
    };
  });

  const change = async (changed: Promise<Network>) => {
    try {
      take(await changed);
      setFailure(null);
    } catch (error) {
      report(error);
    }
  };
  return {
    networks,
    failure,
    fetchNow: (id) => change(execute(FetchNetwork, { id }).then(({ downloadModel }) => downloadModel)),
    stop: (id) => change(execute(StopFetching, { id }).then(({ cancelDownload }) => cancelDownload)),
  };
}
