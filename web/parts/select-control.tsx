import styles from "./select-control.module.css";

interface Option<Value extends string> {
  value: Value;
  title: string;
}

/** Options under a title of their own. */
export interface OptionGroup<Value extends string> {
  title: string;
  options: readonly Option<Value>[];
}

interface Props<Value extends string> {
  title: string;
  options: readonly (Option<Value> | OptionGroup<Value>)[];
  value: Value;
  onChange(value: Value): void;
}

/** A choice of one of a few named values. */
export function SelectControl<Value extends string>({ title, options, value, onChange }: Props<Value>) {
  const single = options.flatMap((one) => ("options" in one ? one.options : [one]));
  return (
    <label className={styles.control}>
      {title}
      <select
        className={styles.select}
        value={value}
        onChange={(event) => {
          const chosen = single.find((option) => option.value === event.target.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {options.map((one) =>
          "options" in one ? (
            <optgroup key={one.title} label={one.title}>
              {one.options.map(optionElement)}
            </optgroup>
          ) : (
            optionElement(one)
          ),
        )}
      </select>
    </label>
  );
}

function optionElement({ value, title }: Option<string>) {
  return (
    <option key={value} value={value}>
      {title}
    </option>
  );
}
