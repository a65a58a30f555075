import type { Painting } from "../../../graphql/operations";
import { displayUrl } from "../../../parts/display-url";
import fold from "../../../parts/fold.module.css";
import { weightNames } from "../../../parts/settings";
import { paintingTexts as texts } from "../../../texts/painting";
import { settingTexts } from "../../../texts/settings";
import styles from "./caption.module.css";

/** The caption of a painting: its source pictures and main settings. */
export function Caption({ painting }: { painting: Painting }) {
  const { content, styles: sources, settings, device } = painting;
  return (
    <section className={styles.caption} aria-label={texts.madeFrom}>
      <div className={styles.sources}>
        <Source url={content.url} label={texts.beside.nameOfPhoto} />
        {sources.map(({ image }) => (
          <Source key={image.id} url={image.url} label={texts.beside.nameOfStyle} />
        ))}
      </div>
      <details className={fold.fold}>
        <summary>{texts.recipe}</summary>
        <p className={styles.recipe}>
          {weightNames.map((name) => `${settingTexts[name].symbol} ${settings[name]}`).join(" · ")}
          <br />
          {texts.facts(settings.size, settingTexts.optimizer.values[settings.optimizer], settings.model, settings.draft, device)}
        </p>
      </details>
    </section>
  );
}

function Source({ url, label }: { url: string; label: string }) {
  return (
    <figure className={styles.source}>
      {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser, and these paths are immutable. */}
      <img src={displayUrl(url, 128)} alt="" />
      <figcaption>{label}</figcaption>
    </figure>
  );
}
