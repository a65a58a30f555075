import { useId, useState } from "react";
import fields from "../../../parts/field.module.css";
import { setUpTexts } from "../../../texts/kiosk/set-up";
import { originIn } from "../options";
import styles from "./set-up.module.css";

const texts = setUpTexts.phones;

/** The address under which phones reach the server. It hands on addresses that are valid, and null for none. */
export function PhonesField({ value, onChange }: { value: string | null; onChange(value: string | null): void }) {
  const id = useId();
  const [text, setText] = useState(value ?? "");
  const wrong = text.trim() !== "" && originIn(text.trim()) === null;
  return (
    <div className={styles.phones}>
      <label htmlFor={id}>{texts.title}</label>
      <input
        id={id}
        className={fields.field}
        type="url"
        autoComplete="off"
        value={text}
        aria-invalid={wrong}
        aria-describedby={`${id}-help`}
        onChange={(event) => {
          setText(event.target.value);
          const origin = originIn(event.target.value.trim());
          if (origin !== null || event.target.value.trim() === "") onChange(origin);
        }}
      />
      <p id={`${id}-help`} className={styles.help} data-wrong={wrong}>
        {wrong ? texts.invalid : texts.help}
      </p>
    </div>
  );
}
