import { useState } from "react";
import type { LayerWeight } from "../../server/records/settings";
import { layerWeightTexts } from "../texts/layers-in-words";
import { settingControlTexts } from "../texts/settings";
import styles from "./layer-equaliser.module.css";
import { SettingSlider } from "./setting-slider";
import fields from "./setting-slider.module.css";
import { type LabelledNumber, layerWeight } from "./settings";

interface Props {
  layers: readonly LayerWeight[];
  onChange(layers: LayerWeight[]): void;
}

/** The weights of the style layers as an equaliser: a vertical, logarithmic slider for each, from fine to large. */
export function LayerEqualiser({ layers, onChange }: Props) {
  return (
    <fieldset className={styles.equaliser}>
      <legend>{layerWeightTexts.title}</legend>
      <div className={styles.bands}>
        {layers.map(({ layer, weight }, place) => {
          const setting = layerWeight(layer, place);
          const name = layerWeightTexts.plain(layer);
          const change = (next: number) => onChange(layers.map((known) => (known.layer === layer ? { layer, weight: next } : known)));
          return (
            <div key={layer} className={styles.band}>
              <ExactWeight name={layerWeightTexts.exact(name, layer)} setting={setting} weight={weight} onChange={change} />
              <SettingSlider setting={setting} value={weight} label={`${name}, ${layer}`} orientation="vertical" onChange={change} />
              <span className={styles.name}>{name}</span>
              <span className={styles.layer}>{layer}</span>
            </div>
          );
        })}
      </div>
    </fieldset>
  );
}

interface ExactWeightProps {
  name: string;
  setting: LabelledNumber;
  weight: number;
  onChange(weight: number): void;
}

/** A field for the exact weight. */
function ExactWeight({ name, setting, weight, onChange }: ExactWeightProps) {
  const [text, setText] = useState<string | null>(null);
  const typed = text === null || text.trim() === "" ? Number.NaN : Number(text.replace(",", "."));
  const allowed = typed >= setting.min && typed <= setting.max;

  function settle() {
    // A refused text stays visible, to be corrected; the weight itself stays as it was.
    if (text !== null && !allowed) return;
    setText(null);
    if (text !== null && typed !== weight) onChange(typed);
  }

  return (
    <input
      className={`${fields.number} ${styles.value}`}
      inputMode="decimal"
      autoComplete="off"
      aria-label={name}
      aria-invalid={text !== null && !allowed}
      title={text !== null && !allowed ? settingControlTexts.range(false, setting.min, setting.max) : undefined}
      value={text ?? shortNumber(weight)}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={(event) => event.key === "Enter" && settle()}
      onBlur={settle}
    />
  );
}

function shortNumber(value: number): string {
  return value !== 0 && (value < 0.01 || value >= 1000) ? value.toExponential(0) : String(Number(value.toPrecision(2)));
}
