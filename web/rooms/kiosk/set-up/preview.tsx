import { displayUrl } from "../../../parts/display-url";
import headings from "../../../parts/headings.module.css";
import { kioskTexts } from "../../../texts/kiosk/languages";
import { setUpTexts as texts } from "../../../texts/kiosk/set-up";
import wall from "../kiosk.module.css";
import { useLanguage } from "../language";
import { type KioskSetUp, kioskOptions, kioskQuery, kioskSetUp, pairAt } from "../options";
import { captionOf } from "../words";
import styles from "./preview.module.css";

/** How the kiosk begins on an upright and on a wide screen, without painting anything. */
export function Preview({ setUp }: { setUp: KioskSetUp }) {
  const language = useLanguage(setUp.language);
  // The kiosk reads it from the address, where nothing chosen means all samples.
  const options = kioskOptions(kioskSetUp(new URLSearchParams(kioskQuery(setUp))), language);
  const { photo, style } = pairAt(options.photos, options.styles, 0);
  const words = kioskTexts[language];
  const caption = captionOf(words, photo.title, style.title);
  return (
    <section className={styles.preview} aria-labelledby="kiosk-preview">
      <h2 id="kiosk-preview" className={headings.part}>
        {texts.preview}
      </h2>
      <p className="note">{texts.previewHelp}</p>
      <div className={styles.screens}>
        {(["landscape", "portrait"] as const).map((shape) => (
          <div key={shape} className={styles.frame} data-shape={shape} role="img" aria-label={texts[shape](caption)}>
            <div className={wall.kiosk} lang={language} inert>
              <div className={wall.picture}>
                {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser. */}
                <img className={wall.photo} src={displayUrl(photo.url, 512)} alt="" data-shown={true} />
              </div>
              <div className={wall.label}>
                <p className={wall.caption}>{caption}</p>
                <p className={wall.small}>{words.step(0, setUp.steps)}</p>
                {setUp.camera && <span className={wall.paintMe}>{words.paintMe}</span>}
              </div>
            </div>
          </div>
        ))}
      </div>
    </section>
  );
}
