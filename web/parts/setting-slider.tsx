import { Slider } from "radix-ui";
import styles from "./setting-slider.module.css";
import type { LabelledNumber } from "./settings";
import { LAST_POSITION, positionOf, valueAt } from "./slider-scale";

interface Props {
  setting: LabelledNumber;
  value: number;
  label: string;
  orientation?: "horizontal" | "vertical";
  onChange(value: number): void;
}

/** A slider for a number: logarithmic where its setting is. */
export function SettingSlider({ setting, value, label, orientation = "horizontal", onChange }: Props) {
  return (
    <Slider.Root
      className={styles.slider}
      orientation={orientation}
      min={0}
      max={LAST_POSITION}
      value={[positionOf(setting, value)]}
      onValueChange={([position = 0]) => onChange(valueAt(setting, position))}
    >
      <Slider.Track className={styles.track}>
        <Slider.Range className={styles.range} />
      </Slider.Track>
      <Slider.Thumb className={styles.thumb} aria-label={label} aria-valuetext={String(value)} />
    </Slider.Root>
  );
}
