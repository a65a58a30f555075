import { useId } from "react";
import type { Network } from "../graphql/operations";
import headings from "../parts/headings.module.css";
import { formatShare } from "../parts/share";
import { translationTexts as texts } from "../texts/translation";
import label from "./network-facts.module.css";
import { explanation, formatBytes, shortTitle } from "./networks";
import styles from "./translator-list.module.css";

interface Props {
  /** Null until they are loaded. */
  translators: readonly Network[] | null;
  chosen: Network | null;
  onChoose(id: string): void;
}

/** A list to choose one of the server's translators from. */
export function TranslatorList({ translators, chosen, onChoose }: Props) {
  const id = useId();
  return (
    <section className={styles.translators} aria-labelledby={id}>
      <h2 id={id} className={headings.part}>
        {texts.translator}
      </h2>
      <div className={styles.list} role="radiogroup" aria-labelledby={id}>
        {translators?.map((network) => (
          <label key={network.id} className={styles.translator}>
            <input
              type="radio"
              name={id}
              checked={network.id === chosen?.id}
              aria-label={shortTitle(network.title)}
              aria-describedby={`${id}-${network.id}`}
              onChange={() => onChoose(network.id)}
            />
            <span className={`cropped ${styles.preview}`}>
              {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser. */}
              {network.preview && <img src={network.preview} alt="" loading="lazy" />}
            </span>
            <span className={styles.words}>
              <span className={label.name}>{shortTitle(network.title)}</span>
              <span className={label.facts} id={`${id}-${network.id}`}>
                {[explanation(network.title), formatBytes(network.bytes), stateText(network)].filter(Boolean).join(" · ")}
              </span>
            </span>
          </label>
        ))}
      </div>
    </section>
  );
}

function stateText({ state, downloadProgress, failure }: Network): string {
  if (state === "DOWNLOADING") return texts.beingFetched(formatShare(downloadProgress));
  return state === "AVAILABLE" ? texts.fetchedWhenUsed : state === "FAILED" ? (failure ?? texts.cannotBeHad) : "";
}
