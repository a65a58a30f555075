import type { Metadata } from "next";
import Link from "next/link";
import headings from "../parts/headings.module.css";
import { studioTexts as texts } from "../texts/studio";
import styles from "./nothing-here.module.css";

export const metadata: Metadata = { title: texts.noPage };

export default function NotFound() {
  return (
    <main className={styles.empty}>
      <h1 className={headings.section}>{texts.noPage}</h1>
      <Link href="/">{texts.toStudio}</Link>
    </main>
  );
}
