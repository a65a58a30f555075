import type { Network } from "../graphql/operations";
import { Notice } from "../parts/notice";
import { SelectControl } from "../parts/select-control";
import { settingTexts, settingControlTexts as texts } from "../texts/settings";
import styles from "./network-choice.module.css";
import { NetworkState } from "./network-state";
import { networkNamed, shortTitle, usualModel } from "./networks";
import type { Networks } from "./use-networks";

interface Props {
  features: readonly Network[];
  /** The chosen network; null leaves it to the server. */
  model: string | null;
  actions: Pick<Networks, "fetchNow" | "stop" | "failure">;
  onChange(model: string | null): void;
}

const USUAL = "";

/** The choice of the feature network, with the state of those that are not downloaded. */
export function NetworkChoice({ features, model, actions, onChange }: Props) {
  const usual = usualModel(features);
  const chosen = networkNamed(features, model);
  // Downloads that run anyway are always shown, other missing networks only when chosen.
  const coming = features.filter((network) => network.id === chosen?.id || network.state === "DOWNLOADING" || network.id === "vgg19");
  return (
    <div className={styles.choice}>
      <SelectControl
        title={settingTexts.model.title}
        options={[
          { value: USUAL, title: texts.usualModel },
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
