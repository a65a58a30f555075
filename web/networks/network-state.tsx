import type { Network } from "../graphql/operations";
import styles from "./network-state.module.css";
import { formatBytes, formatShare, shortTitle } from "./networks";
import type { Networks } from "./use-networks";

interface Props {
  network: Network;
  actions: Pick<Networks, "fetchNow" | "stop">;
}

/** A quiet line on a network that is not here yet: how far it is, and what may be done. Nothing for one that is ready. */
export function NetworkState({ network, actions }: Props) {
  const { id, state, downloadProgress, failure, willRetry } = network;
  const title = shortTitle(network.title);
  if (state === "READY") return null;
  return (
    <div className={styles.state} data-state={state}>
      {state === "AVAILABLE" && (
        <>
          <p>
            {title} is not on this server yet ({formatBytes(network.bytes)}).
          </p>
          <button type="button" className={styles.action} onClick={() => actions.fetchNow(id)}>
            Fetch it now
          </button>
        </>
      )}
      {state === "DOWNLOADING" && (
        <>
          <p>
            {title} is being fetched, {formatShare(downloadProgress)}
          </p>
          <button type="button" className={styles.action} aria-label={`Stop fetching ${title}`} onClick={() => actions.stop(id)}>
            Stop
          </button>
          <progress className={styles.bar} value={downloadProgress ?? 0} max={1} aria-label={`Fetching ${title}`} />
        </>
      )}
      {state === "FAILED" && (
        <>
          <p>
            {title} {willRetry ? "could not be fetched yet." : "cannot be had."} {failure}
            {willRetry && " A session that names it tries again."}
          </p>
          <button type="button" className={styles.action} aria-label={`Try again to fetch ${title}`} onClick={() => actions.fetchNow(id)}>
            Try again
          </button>
        </>
      )}
    </div>
  );
}
