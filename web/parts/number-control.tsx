import { Slider } from "radix-ui";
import { useId, useState } from "react";
import type { NumberSetting } from "../../server/art/settings";
import styles from "./number-control.module.css";
import { LAST_POSITION, positionOf, valueAt } from "./slider-scale";

interface Props {
  setting: NumberSetting;
  value: number;
  onChange(value: number): void;
  /** Set false where a slider would say nothing. */
  slider?: boolean;
}

/** One numeric setting: a slider for feeling one's way, a field for exact values over the whole allowed range. */
export function NumberControl({ setting, value, onChange, slider = true }: Props) {
  const id = useId();
  return (
    <div className={styles.control}>
      <label className={styles.name} htmlFor={id} title={setting.help}>
        {setting.symbol && <span className={styles.symbol}>{setting.symbol}</span>}
        {setting.title}
      </label>
      <NumberField id={id} setting={setting} value={value} onChange={onChange} />
      {slider && (
        <Slider.Root
          className={styles.slider}
          min={0}
          max={LAST_POSITION}
          value={[positionOf(setting, value)]}
          onValueChange={([position = 0]) => onChange(valueAt(setting, position))}
        >
          <Slider.Track className={styles.track}>
            <Slider.Range className={styles.range} />
          </Slider.Track>
          <Slider.Thumb className={styles.thumb} aria-label={setting.title} aria-valuetext={String(value)} />
        </Slider.Root>
      )}
      {setting.help && (
        <p className={styles.help} id={`${id}-help`}>
          {setting.help}
        </p>
      )}
    </div>
  );
}

/** A field that keeps what is typed, and hands on what is a number within the limits. */
function NumberField({ id, setting, value, onChange }: Omit<Props, "slider"> & { id: string }) {
  const [text, setText] = useState<string | null>(null);
  const valid = text === null || parse(setting, text) !== null;
  return (
    <input
      id={id}
      className={styles.field}
      inputMode={setting.integer ? "numeric" : "decimal"}
      autoComplete="off"
      value={text ?? String(value)}
      aria-describedby={setting.help ? `${id}-help` : undefined}
      aria-invalid={!valid}
      title={valid ? undefined : `${setting.integer ? "A whole number" : "A number"} from ${setting.min} to ${setting.max}`}
      onChange={(event) => {
        setText(event.target.value);
        const number = parse(setting, event.target.value);
        if (number !== null) onChange(number);
      }}
      onBlur={() => setText(null)}
    />
  );
}

function parse({ min, max, integer }: NumberSetting, text: string): number | null {
  const number = text.trim() === "" ? Number.NaN : Number(text.replace(",", "."));
  return number >= min && number <= max && (!integer || Number.isInteger(number)) ? number : null;
}
