import { type SettingName, styleTransferSettings } from "../../../server/records/settings";
import { SettingControl } from "../../parts/setting-control";
import { controlledNames, weightNames } from "../../parts/settings";
import { type Recipe, settingsOf } from "../../session/recipe";
import { settingControlTexts as texts } from "../../texts/settings";
import styles from "./settings-panel.module.css";

interface Props {
  recipe: Recipe;
  /** Longest side that the server takes now, px; null while it is not known. */
  maxSize: number | null;
  onChange(recipe: Recipe): void;
}

const shownFirst: readonly SettingName[] = [...weightNames, "size", "steps"];

/** Every setting of a new painting. Settings that are rarely touched are folded away. */
export function SettingsPanel({ recipe, maxSize, onChange }: Props) {
  const settings = { ...settingsOf(recipe), model: recipe.model ?? "" };
  const max = Math.min(maxSize ?? Number.POSITIVE_INFINITY, styleTransferSettings.size.max);
  const control = (name: SettingName) => (
    <SettingControl
      key={name}
      name={name}
      range={name === "size" ? { max } : {}}
      value={settings[name]}
      onChange={(value) => onChange({ ...recipe, [name]: value })}
    />
  );
  return (
    <div className={styles.panel}>
      {weightNames.map(control)}
      <div className={styles.pair}>
        {control("size")}
        {control("steps")}
      </div>
      <details className={styles.more}>
        <summary>{texts.more}</summary>
        <div className={styles.folded}>{controlledNames.filter((name) => !shownFirst.includes(name)).map(control)}</div>
      </details>
    </div>
  );
}
