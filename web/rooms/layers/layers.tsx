"use client";

import { useRouter, useSearchParams } from "next/navigation";
import headings from "../../parts/headings.module.css";
import { parseIds } from "../../side-by-side/runs";
import { layersTexts as texts } from "../../texts/layers";
import { Comparison } from "./comparison";
import { styleLayerNames } from "./experiment";
import styles from "./layers.module.css";
import { NewExperiment } from "./new-experiment";

/** The room that shows what each style layer does: one layer at a time, or all layers of one painting. */
export function LayersRoom() {
  const query = useSearchParams();
  const router = useRouter();
  const ids = parseIds(query.get("ids") ?? query.get("id"), styleLayerNames.length);
  return (
    <div className={styles.room}>
      <header className={styles.header}>
        <h1 className={headings.page}>{texts.title}</h1>
        <p className={headings.lead}>{texts.lead}</p>
      </header>
      {ids.length === 0 ? (
        <NewExperiment onStarted={(started) => router.push(`/layers?ids=${started.join(",")}`)} />
      ) : (
        <Comparison key={ids.join()} ids={ids} />
      )}
      <details className={styles.formula}>
        <summary>{texts.formula.title}</summary>
        <p>{texts.formula.text}</p>
        <p className={styles.note}>{texts.formula.source}</p>
      </details>
    </div>
  );
}
