import type { ReactNode } from "react";
import styles from "./notice.module.css";

/** Something went wrong, said where it happened. */
export function Notice({ children }: { children: ReactNode }) {
  return (
    <p className={styles.notice} role="alert">
      {children}
    </p>
  );
}
