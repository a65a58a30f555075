import { type ReactNode, useEffect, useState } from "react";
import { settingControlTexts as texts } from "../texts/settings";
import styles from "./numbers-fold.module.css";

/** Where the browser keeps that the numbers are open. */
const STORED = "atelier-numbers";

/** The numbers behind a painting, folded away until they are wanted; they stay open from one page to the next. */
export function NumbersFold({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    try {
      setOpen(localStorage.getItem(STORED) === "open");
    } catch {
      // The browser keeps nothing for this page: they begin closed.
    }
  }, []);

  function turn(isOpen: boolean) {
    setOpen(isOpen);
    try {
      localStorage.setItem(STORED, isOpen ? "open" : "closed");
    } catch {
      // As above.
    }
  }

  return (
    <details
      className={styles.numbers}
      open={open}
      onToggle={(event) => event.currentTarget.open !== open && turn(event.currentTarget.open)}
    >
      <summary>{texts.numbers}</summary>
      <div className={styles.folded}>{children}</div>
    </details>
  );
}
