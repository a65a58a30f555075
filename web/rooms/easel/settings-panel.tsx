import { type SettingName, styleTransferSettings } from "../../../server/records/settings";
import { BalanceControl } from "../../parts/balance-control";
import { NumbersFold } from "../../parts/numbers-fold";
import { SettingControl } from "../../parts/setting-control";
import { controlledNames, weightNames } from "../../parts/settings";
import { type Recipe, settingsOf } from "../../session/recipe";
import styles from "./settings-panel.module.css";

interface Props {
  recipe: Recipe;
  /** Longest side that the server takes now, px; null while it is not known. */
  maxSize: number | null;
  onChange(recipe: Recipe): void;
}

const shownFirst: readonly SettingName[] = ["size", "steps"];

/** The weights first, then the other settings that are folded away. */
const numbers: readonly SettingName[] = [
  ...weightNames,
  ...controlledNames.filter((name) => !shownFirst.includes(name) && !(weightNames as readonly SettingName[]).includes(name)),
];

/** Every setting of a new painting: one slider between photo and style, size and steps; the others are folded away. */
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
      <BalanceControl alpha={settings.alpha} beta={settings.beta} onChange={(weights) => onChange({ ...recipe, ...weights })} />
      <div className={styles.pair}>
        {control("size")}
        {control("steps")}
      </div>
      <NumbersFold>{numbers.map(control)}</NumbersFold>
    </div>
  );
}
