import { initialImages, type NumberSetting, optimizers, styleTransferNumbers } from "../../../server/records/settings";
import { LayerEqualiser } from "../../parts/layer-equaliser";
import { NumberControl } from "../../parts/number-control";
import { SelectControl } from "../../parts/select-control";
import { type NamedSetting, named, weightSettings } from "../../parts/settings";
import { initialImageTitles, optimizerTitles, settingsTexts as texts } from "../../texts/settings";
import { layersOf, numbersOf, type Recipe, withNumber } from "../../session/recipe";
import styles from "./settings-panel.module.css";

interface Props {
  recipe: Recipe;
  /** Longest side that the server takes now, pixels; null while it is not known. */
  maxSize: number | null;
  onChange(recipe: Recipe): void;
}

/** Everything that may be set before a painting begins; what is rarely touched is folded away. */
export function SettingsPanel({ recipe, maxSize, onChange }: Props) {
  const numbers = numbersOf(recipe);
  const size: NumberSetting = {
    ...styleTransferNumbers.size,
    max: Math.min(maxSize ?? Number.POSITIVE_INFINITY, styleTransferNumbers.size.max),
  };
  const number = ({ name, setting }: NamedSetting, slider = true) => (
    <NumberControl
      key={name}
      setting={setting}
      slider={slider}
      value={numbers[name]}
      onChange={(value) => onChange(withNumber(recipe, name, value))}
    />
  );
  return (
    <div className={styles.panel}>
      {weightSettings.map((setting) => number(setting))}
      <div className={styles.pair}>
        {number({ name: "size", setting: size })}
        {number(named("steps"))}
      </div>
      <details className={styles.more}>
        <summary>{texts.more}</summary>
        <div className={styles.folded}>
          <SelectControl
            title={texts.optimizer}
            options={optimizers.map((value) => ({ value, title: optimizerTitles[value] }))}
            value={recipe.optimizer}
            onChange={(optimizer) => onChange({ ...recipe, optimizer })}
          />
          <SelectControl
            title={texts.initialImage}
            options={initialImages.map((value) => ({ value, title: initialImageTitles[value] }))}
            value={recipe.initialImage}
            onChange={(initialImage) => onChange({ ...recipe, initialImage })}
          />
          <label className={styles.check}>
            <input
              type="checkbox"
              checked={recipe.preserveColors}
              onChange={(event) => onChange({ ...recipe, preserveColors: event.target.checked })}
            />
            {texts.preserveColors}
          </label>
          {number(named("learningRate"))}
          {number(named("scales"))}
          {number(named("seed"), false)}
          <LayerEqualiser layers={layersOf(recipe)} onChange={(styleLayers) => onChange({ ...recipe, styleLayers })} />
        </div>
      </details>
    </div>
  );
}
