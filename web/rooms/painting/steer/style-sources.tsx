import { styleTransferLimits } from "../../../../server/records/settings";
import { displayUrl } from "../../../parts/display-url";
import { NumberControl } from "../../../parts/number-control";
import { styleShare } from "../../../parts/settings";
import { StylePicker } from "../../../pictures/style-picker";
import type { WeightedPicture } from "../../../session/steerable";
import { paintingTexts } from "../../../texts/painting";
import styles from "./steer-panel.module.css";

const texts = paintingTexts.styles;

const share = styleShare(texts.share);

interface Props {
  sources: readonly WeightedPicture[];
  onChange(sources: WeightedPicture[]): void;
}

/** The style pictures of a painting: each may be swapped, several are mixed by their shares. */
export function StyleSources({ sources, onChange }: Props) {
  const replace = (place: number, next: WeightedPicture) => onChange(sources.map((known, at) => (at === place ? next : known)));
  // A picture that is there already has its share.
  const add = (image: WeightedPicture["image"]) => {
    if (sources.every((known) => known.image.id !== image.id)) onChange([...sources, { image, weight: 1 }]);
  };
  const used = sources.map(({ image }) => image.url);
  return (
    <fieldset className={styles.group}>
      <legend>{sources.length > 1 ? texts.several : texts.one}</legend>
      {sources.map((source, place) => (
        <div key={source.image.id} className={styles.source}>
          {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser, and these paths are immutable. */}
          <img src={displayUrl(source.image.url, 64)} alt={texts.alt(place + 1)} />
          <div>
            {sources.length > 1 && (
              <NumberControl
                setting={share}
                slider={false}
                unhurried
                value={source.weight}
                onChange={(weight) => replace(place, { ...source, weight })}
              />
            )}
            <div className={styles.actions}>
              <StylePicker action={texts.swap} used={used} onPick={(image) => replace(place, { ...source, image })} />
              {sources.length > 1 && (
                <button
                  type="button"
                  className={styles.action}
                  onClick={() => onChange(sources.filter((known) => known !== source))}
                  aria-label={texts.removeNamed(place + 1)}
                >
                  {texts.remove}
                </button>
              )}
            </div>
          </div>
        </div>
      ))}
      {sources.length < styleTransferLimits.maxStyles && <StylePicker action={texts.add} used={used} onPick={add} />}
    </fieldset>
  );
}
