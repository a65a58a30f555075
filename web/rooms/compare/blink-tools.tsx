import { blinkTexts as texts } from "../../texts/compare";
import styles from "./compare.module.css";
import type { Blinking } from "./use-blink";

/** Turns blinking on, and decides whether the pictures change by hand or by themselves. */
export function BlinkTools({ blinking }: { blinking: Blinking }) {
  return (
    <>
      <button type="button" className="button" aria-pressed={blinking.on} title={texts.hint} onClick={blinking.toggle}>
        {blinking.on ? texts.off : texts.blink}
      </button>
      {blinking.on && (
        <>
          <button type="button" className="button" onClick={blinking.next}>
            {texts.next}
          </button>
          <label className={styles.auto}>
            <input type="checkbox" checked={blinking.auto} onChange={blinking.toggleAuto} />
            {texts.auto}
          </label>
        </>
      )}
    </>
  );
}
