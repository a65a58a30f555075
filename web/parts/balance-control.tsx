import type { StyleTransferSettings } from "../../server/records/settings";
import { settingControlTexts as texts } from "../texts/settings";
import styles from "./balance-control.module.css";
import { SettingSlider } from "./setting-slider";
import type { LabelledNumber } from "./settings";

/** Weights of content and style, whose ratio decides how much of each is seen. */
type Weights = Pick<StyleTransferSettings, "alpha" | "beta">;

/** The ratio of beta to alpha; the usual one is in the middle of the slider. */
const ratio: LabelledNumber = {
  min: 1,
  max: 1600,
  default: 40,
  integer: false,
  scale: "logarithmic",
  title: texts.balance.title,
  help: "",
};

/** One slider from more of the photo to more of the style. It moves beta, and alpha only if that is 0. */
export function BalanceControl({ alpha, beta, onChange }: Weights & { onChange(weights: Partial<Weights>): void }) {
  const value = alpha === 0 ? ratio.max : Math.min(ratio.max, Math.max(ratio.min, beta / alpha));
  return (
    <div className={styles.balance}>
      <span aria-hidden="true">{texts.balance.photo}</span>
      <span aria-hidden="true">{texts.balance.style}</span>
      <SettingSlider
        setting={ratio}
        value={value}
        label={ratio.title}
        onChange={(next) => onChange(alpha === 0 ? { alpha: 1, beta: next } : { beta: Number((next * alpha).toPrecision(2)) })}
      />
    </div>
  );
}
