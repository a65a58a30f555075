import { styleTransferLimits } from "../../../server/records/settings";
import { displayUrl } from "../../parts/display-url";
import { NumberControl } from "../../parts/number-control";
import { styleShare } from "../../parts/settings";
import { StylePicker } from "../../pictures/style-picker";
import type { Mix } from "../../session/draft";
import type { WeightedPicture } from "../../session/steerable";
import { easelTexts as texts } from "../../texts/easel";
import styles from "./style-mix.module.css";

const share = styleShare(texts.share);

interface Props {
  /** URL of the first style. */
  firstUrl: string;
  mix: Mix;
  onChange(mix: Mix): void;
}

/** Several styles in one painting, each with a share; more can be added. */
export function StyleMix({ firstUrl, mix, onChange }: Props) {
  const { others } = mix;
  const replace = (place: number, next: WeightedPicture) =>
    onChange({ ...mix, others: others.map((known, at) => (at === place ? next : known)) });
  return (
    <section className={styles.mix} aria-label={texts.mixTitle}>
      {others.length > 0 && (
        <ul className={styles.sources}>
          <li className={styles.source} aria-label={texts.firstStyle}>
            {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser. */}
            <img src={displayUrl(firstUrl, 64)} alt={texts.firstStyle} />
            <NumberControl setting={share} slider={false} value={mix.share} onChange={(next) => onChange({ ...mix, share: next })} />
          </li>
          {others.map((source, place) => (
            <li key={source.image.id} className={styles.source}>
              {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser. */}
              <img src={displayUrl(source.image.url, 64)} alt={texts.styleAt(place + 2)} />
              <NumberControl
                setting={share}
                slider={false}
                value={source.weight}
                onChange={(weight) => replace(place, { ...source, weight })}
              />
              <button
                type="button"
                className={`bare ${styles.remove}`}
                aria-label={texts.remove(place + 2)}
                onClick={() => onChange({ ...mix, others: others.filter((known) => known !== source) })}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      {others.length + 1 < styleTransferLimits.maxStyles && (
        <StylePicker
          action={texts.mix}
          used={[firstUrl, ...others.map(({ image }) => image.url)]}
          onPick={(image) => {
            if (others.every((known) => known.image.id !== image.id)) onChange({ ...mix, others: [...others, { image, weight: 1 }] });
          }}
        />
      )}
    </section>
  );
}
