import { Slider } from "radix-ui";
import { settingControlTexts } from "../texts/settings";
import { balanceOf, LAST_BALANCE, type Weights, weightsAt } from "./balance";
import styles from "./balance-control.module.css";
import sliders from "./setting-slider.module.css";

const texts = settingControlTexts.balance;

/** One slider from more of the photo to more of the style. It moves beta, and alpha only if that is 0. */
export function BalanceControl({ alpha, beta, onChange }: Weights & { onChange(weights: Partial<Weights>): void }) {
  const position = balanceOf({ alpha, beta });
  return (
    <div className={styles.balance}>
      <span aria-hidden="true">{texts.photo}</span>
      <span aria-hidden="true">{texts.style}</span>
      <Slider.Root
        className={sliders.slider}
        min={0}
        max={LAST_BALANCE}
        value={[position]}
        onValueChange={([next = 0]) => onChange(weightsAt(next, alpha))}
      >
        <Slider.Track className={sliders.track}>
          <Slider.Range className={sliders.range} />
        </Slider.Track>
        <Slider.Thumb
          className={sliders.thumb}
          aria-label={texts.title}
          aria-valuetext={texts.share(Math.round((100 * position) / LAST_BALANCE))}
        />
      </Slider.Root>
    </div>
  );
}
