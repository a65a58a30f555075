import styles from "./select-control.module.css";

interface Props<Value extends string> {
  title: string;
  options: readonly { value: Value; title: string }[];
  value: Value;
  onChange(value: Value): void;
}

/** A choice of one of a few named values. */
export function SelectControl<Value extends string>({ title, options, value, onChange }: Props<Value>) {
  return (
    <label className={styles.control}>
      {title}
      <select
        className={styles.select}
        value={value}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.target.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.title}
          </option>
        ))}
      </select>
    </label>
  );
}
