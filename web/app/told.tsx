import type { ReactNode } from "react";
import headings from "../parts/headings.module.css";
import styles from "./nothing-here.module.css";

interface Props {
  title: string;
  text: string;
  /** What can be done about it. */
  children?: ReactNode;
}

/** In place of a page that this browser may not use. */
export function Told({ title, text, children }: Props) {
  return (
    <main className={styles.empty}>
      <h1 className={headings.section}>{title}</h1>
      <p>{text}</p>
      {children}
    </main>
  );
}
