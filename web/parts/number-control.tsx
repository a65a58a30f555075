import { useId, useState } from "react";
import { settingControlTexts as texts } from "../texts/settings";
import styles from "./number-control.module.css";
import { SettingSlider } from "./setting-slider";
import fields from "./setting-slider.module.css";
import type { LabelledNumber } from "./settings";

interface Props {
  setting: LabelledNumber;
  value: number;
  onChange(value: number): void;
  /** Set to false where a slider would say nothing. */
  slider?: boolean;
  /** Set where each value has a cost: the field then hands on its value only when it is left or Enter is pressed. */
  unhurried?: boolean;
}

/**
 * One numeric setting: a slider to try values, and a field for exact values over the whole allowed range. The field keeps
 * the typed text, hands on numbers within the limits, and shows the limits under anything else.
 */
export function NumberControl({ setting, value, onChange, slider = true, unhurried = false }: Props) {
  const id = useId();
  const [text, setText] = useState<string | null>(null);
  const typed = text === null ? null : parse(setting, text);
  const range = text === null || typed !== null ? null : texts.range(setting.integer, setting.min, setting.max);

  function settle() {
    // A refused text stays visible, to be corrected; the setting itself keeps its last allowed value.
    if (range !== null) return;
    setText(null);
    if (unhurried && typed !== null && typed !== value) onChange(typed);
  }

  return (
    <div className={styles.control}>
      <label className={styles.name} htmlFor={id} title={setting.help}>
        {setting.symbol && <span className={styles.symbol}>{setting.symbol}</span>}
        {setting.title}
      </label>
      <input
        id={id}
        className={`${fields.number} ${styles.field}`}
        inputMode={setting.integer ? "numeric" : "decimal"}
        autoComplete="off"
        value={text ?? String(value)}
        aria-describedby={[range && `${id}-range`, setting.help && `${id}-help`].filter(Boolean).join(" ") || undefined}
        aria-invalid={range !== null}
        onChange={(event) => {
          setText(event.target.value);
          const number = parse(setting, event.target.value);
          if (number !== null && !unhurried) onChange(number);
        }}
        onKeyDown={(event) => event.key === "Enter" && settle()}
        onBlur={settle}
      />
      {range && (
        <p className={styles.refusal} id={`${id}-range`}>
          {range} {texts.still(value)}
        </p>
      )}
      {slider && (
        <SettingSlider
          setting={setting}
          value={value}
          label={setting.title}
          onChange={(next) => {
            setText(null);
            onChange(next);
          }}
        />
      )}
      {setting.help && (
        <p className={styles.help} id={`${id}-help`}>
          {setting.help}
        </p>
      )}
    </div>
  );
}

function parse({ min, max, integer }: LabelledNumber, text: string): number | null {
  const number = text.trim() === "" ? Number.NaN : Number(text.replace(",", "."));
  return number >= min && number <= max && (!integer || Number.isInteger(number)) ? number : null;
}
