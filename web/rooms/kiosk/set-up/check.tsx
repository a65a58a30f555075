import { useId } from "react";
import styles from "./set-up.module.css";

interface Props {
  title: string;
  help: string;
  checked: boolean;
  onChange(checked: boolean): void;
}

/** A choice between yes and no, with its explanation. */
export function Check({ title, help, checked, onChange }: Props) {
  const id = useId();
  return (
    <div className={styles.check}>
      <label className={styles.box}>
        <input type="checkbox" checked={checked} aria-describedby={id} onChange={(event) => onChange(event.target.checked)} />
        {title}
      </label>
      <p id={id} className={styles.help}>
        {help}
      </p>
    </div>
  );
}
