import type { Network } from "../../graphql/operations";
import { NetworkState } from "../../networks/network-state";
import { shortTitle, usualNetwork } from "../../networks/networks";
import type { Networks } from "../../networks/use-networks";
import { Notice } from "../../parts/notice";
import { SelectControl } from "../../parts/select-control";
import { settingTexts, settingsTexts as texts } from "../../texts/settings";
import styles from "./network-choice.module.css";

interface Props {
  features: readonly Network[];
  /** The network that was chosen; null leaves it to the server. */
  model: string | null;
  actions: Pick<Networks, "fetchNow" | "stop" | "failure">;
  onChange(model: string | null): void;
}

const USUAL = "";

/** Which network a new painting is seen with, and how far those are that are not here yet. */
export function NetworkChoice({ features, model, actions, onChange }: Props) {
  const usual = usualNetwork(features);
  const chosen = features.find(({ id }) => id === model) ?? null;
  // Of networks that are fetched anyway one is told without being asked; of others only where they are chosen.
  const coming = features.filter((network) => network.id === chosen?.id || network.state === "DOWNLOADING" || network.id === "vgg19");
  return (
    <div className={styles.choice}>
      <SelectControl
        title={settingTexts.model.title}
        options={[
          { value: USUAL, title: texts.usualNetwork },
          ...features.map(({ id, title, state }) => ({
            value: id,
            title: state === "READY" ? shortTitle(title) : texts.notHere(shortTitle(title)),
          })),
        ]}
        value={chosen?.id ?? USUAL}
        onChange={(value) => onChange(value === USUAL ? null : value)}
      />
      {!chosen && usual && <p className={styles.usual}>{texts.rightNow(shortTitle(usual.title))}</p>}
      {coming.map((network) => (
        <NetworkState key={network.id} network={network} actions={actions} />
      ))}
      {actions.failure && <Notice>{actions.failure}</Notice>}
    </div>
  );
}
