import type { Network } from "../graphql/operations";
import { useMayAdminister } from "../parts/access";
import { formatDuration } from "../parts/durations";
import { formatShare } from "../parts/share";
import { useTimeToGo } from "../parts/time-to-go";
import { networkTexts as texts } from "../texts/networks";
import styles from "./network-state.module.css";
import { formatBytes, shortTitle } from "./networks";
import type { Networks } from "./use-networks";

interface Props {
  network: Network;
  actions: Pick<Networks, "fetchNow" | "stop">;
}

/**
 * The download state of a network with a button to start or stop it where that is possible and this browser may; nothing for
 * a network that is ready.
 */
export function NetworkState({ network, actions }: Props) {
  const { id, state, downloadProgress, failure, willRetry, downloadable } = network;
  const title = shortTitle(network.title);
  const toGo = useTimeToGo(state === "DOWNLOADING" ? (downloadProgress ?? 0) : null);
  const mayDownload = useMayAdminister();
  if (state === "READY") return null;
  const [line, action, name] = {
    AVAILABLE: [texts.absent(title, formatBytes(network.bytes)), texts.fetchNow, texts.fetchNamed(title)],
    DOWNLOADING: [texts.isFetched(title, formatShare(downloadProgress), toGo && formatDuration(toGo)), texts.stop, texts.stopNamed(title)],
    FAILED: [
      willRetry ? texts.notYet(title, failure ?? "") : texts.cannot(title, failure ?? ""),
      texts.tryAgain,
      texts.tryAgainNamed(title),
    ],
  }[state];
  return (
    <div className={styles.state} data-state={state}>
      <p>{line}</p>
      {/* One button serves all states, so that it keeps the focus. */}
      {mayDownload && (state === "DOWNLOADING" || downloadable) && (
        <button
          type="button"
          className={`bare ${styles.action}`}
          aria-label={name}
          onClick={() => (state === "DOWNLOADING" ? actions.stop(id) : actions.fetchNow(id))}
        >
          {action}
        </button>
      )}
      {state === "DOWNLOADING" && (
        <progress className={styles.bar} value={downloadProgress ?? 0} max={1} aria-label={texts.fetching(title)} />
      )}
    </div>
  );
}
