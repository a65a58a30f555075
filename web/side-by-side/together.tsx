import { sideTexts as texts } from "../texts/side-by-side";
import styles from "./side-by-side.module.css";
import type { Going } from "./use-position";

/** The slider that moves through all histories at once. */
export function Together({ going }: { going: Going }) {
  const { at, last, pace, position } = going;
  const said = position === null ? texts.newest : pace === "step" ? texts.step(at) : texts.share(Math.round((100 * at) / last));
  return (
    <section className={styles.together} aria-label={texts.together}>
      <button type="button" className="button" onClick={going.playing ? going.stop : going.play}>
        {going.playing ? texts.stop : texts.play}
      </button>
      <input
        className={styles.range}
        type="range"
        min={0}
        max={last}
        value={at}
        aria-label={texts.together}
        aria-valuetext={said}
        onChange={(event) => going.go(Number(event.target.value))}
      />
      <p className={styles.where}>{said}</p>
      <button type="button" className={styles.action} disabled={position === null} onClick={going.goLive}>
        {texts.goLive}
      </button>
      {(going.differ || pace === "share") && (
        <label className={styles.pace}>
          <input type="checkbox" checked={pace === "share"} onChange={(event) => going.setPace(event.target.checked ? "share" : "step")} />
          {texts.byShare}
        </label>
      )}
    </section>
  );
}
