import type { Painting } from "../../graphql/operations";
import { weightSettings } from "../../parts/settings";
import styles from "./caption.module.css";

/** The label beside the painting: what it was made from, and how. */
export function Caption({ painting }: { painting: Painting }) {
  const { content, styles: sources, settings } = painting;
  return (
    <section className={styles.caption} aria-label="Made from">
      <div className={styles.sources}>
        <Source url={content.url} label="Photo" />
        {sources.map(({ image }) => (
          <Source key={image.id} url={image.url} label="Style" />
        ))}
      </div>
      <p className={styles.recipe}>
        {weightSettings.map(({ name, setting }) => `${setting.symbol} ${settings[name]}`).join(" · ")}
        <br />
        {settings.size} px · {settings.optimizer === "LBFGS" ? "L-BFGS" : "Adam"} · network {settings.model}
      </p>
    </section>
  );
}

function Source({ url, label }: { url: string; label: string }) {
  return (
    <figure className={styles.source}>
      {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser, and these paths are immutable. */}
      <img src={url} alt="" />
      <figcaption>{label}</figcaption>
    </figure>
  );
}
