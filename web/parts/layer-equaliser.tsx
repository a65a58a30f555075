import { Slider } from "radix-ui";
import type { LayerWeight } from "../../server/art/settings";
import { layerTexts } from "../texts/layers-in-words";
import styles from "./layer-equaliser.module.css";
import { layerSetting } from "./settings";
import { LAST_POSITION, positionOf, valueAt } from "./slider-scale";

interface Props {
  layers: readonly LayerWeight[];
  onChange(layers: LayerWeight[]): void;
}

/** The weights of the style layers as an equaliser: a vertical, logarithmic slider for each, from fine to large. */
export function LayerEqualiser({ layers, onChange }: Props) {
  return (
    <fieldset className={styles.equaliser}>
      <legend>{layerTexts.title}</legend>
      <div className={styles.bands}>
        {layers.map(({ layer, weight }, place) => {
          const setting = layerSetting(layer, place);
          const name = layerTexts.plain(layer);
          return (
            <div key={layer} className={styles.band}>
              <output className={styles.value}>{shortNumber(weight)}</output>
              <Slider.Root
                className={styles.slider}
                orientation="vertical"
                min={0}
                max={LAST_POSITION}
                value={[positionOf(setting, weight)]}
                onValueChange={([position = 0]) =>
                  onChange(layers.map((known) => (known.layer === layer ? { layer, weight: valueAt(setting, position) } : known)))
                }
              >
                <Slider.Track className={styles.track}>
                  <Slider.Range className={styles.range} />
                </Slider.Track>
                <Slider.Thumb className={styles.thumb} aria-label={`${name}, ${layer}`} aria-valuetext={String(weight)} />
              </Slider.Root>
              <span className={styles.name}>{name}</span>
              <span className={styles.layer}>{layer.replace("conv", "")}</span>
            </div>
          );
        })}
      </div>
    </fieldset>
  );
}

function shortNumber(value: number): string {
  return value !== 0 && (value < 0.01 || value >= 1000) ? value.toExponential(0) : String(Number(value.toPrecision(2)));
}
