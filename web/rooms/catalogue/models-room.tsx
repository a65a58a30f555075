"use client";

import { forTask } from "../../networks/networks";
import { useNetworks } from "../../networks/use-networks";
import headings from "../../parts/headings.module.css";
import { Notice } from "../../parts/notice";
import { modelsTexts as texts } from "../../texts/models";
import { Devices } from "./devices";
import { ModelItem } from "./model-card";
import styles from "./models-room.module.css";

const tasks = ["FEATURES", "TRANSLATION"] as const;

/** Every network of the server with its source and state, and how to add one. */
export function ModelsRoom() {
  const networks = useNetworks();
  return (
    <div className={styles.room}>
      <header className={styles.header}>
        <h1 className={headings.page}>{texts.title}</h1>
        <p className={headings.lead}>{texts.lead}</p>
      </header>
      {networks.failure && <Notice>{networks.failure}</Notice>}
      {!networks.networks && !networks.failure && <p aria-live="polite">{texts.loading}</p>}
      {networks.networks &&
        tasks.map((task) => {
          const known = forTask(networks.networks, task) ?? [];
          return (
            <section key={task} className={styles.task} aria-labelledby={`task-${task}`}>
              <h2 id={`task-${task}`} className={headings.section}>
                {texts.tasks[task].title}
              </h2>
              <p className={headings.lead}>{texts.tasks[task].lead}</p>
              {known.length === 0 && <p>{texts.none}</p>}
              <ul className={styles.models}>
                {known.map((network) => (
                  <ModelItem key={network.id} network={network} actions={networks} />
                ))}
              </ul>
            </section>
          );
        })}
      {/* Below the list, which would push them down. The devices come last, because their number is known late. */}
      {(networks.networks || networks.failure) && (
        <>
          <OwnModels />
          <Devices />
        </>
      )}
    </div>
  );
}

/** How to add a model. */
function OwnModels() {
  return (
    <section className={styles.task} aria-labelledby="own-models">
      <h2 id="own-models" className={headings.section}>
        {texts.own.title}
      </h2>
      <p className={headings.lead}>{texts.own.lead}</p>
      <pre className={styles.example}>{texts.own.example}</pre>
      <p className={headings.lead}>{texts.own.more}</p>
    </section>
  );
}
