import { type Setting, steerableNames, styleTransferSettings } from "../../../../server/records/settings";
import type { Painting } from "../../../graphql/operations";
import { paintingTexts as texts } from "../../../texts/painting";
import { settingTexts } from "../../../texts/settings";
import styles from "./steering-list.module.css";

interface Props {
  session: Painting;
  onShow(step: number): void;
}

/** The changes that were made, each with a button that shows its step. */
export function SteeringList({ session, onShow }: Props) {
  const { changes } = session;
  if (changes.length === 0) return null;
  return (
    <details className={styles.steering}>
      <summary>
        {texts.steering.title} <span className={styles.count}>{changes.length}</span>
      </summary>
      <ol className={styles.list}>
        {changes.map((change, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: changes are only ever added at the end.
          <li key={place}>
            {change.step === null ? (
              <span>{texts.steering.soon}</span>
            ) : (
              <button type="button" className={styles.step} onClick={() => onShow(change.step ?? 0)}>
                {texts.steering.at(change.step)}
              </button>
            )}
            <span>{describeChange(change)}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}

/** Lists the settings of a change in words: "β 80, layer weights". */
function describeChange(change: Painting["changes"][number]): string {
  const words = steerableNames.flatMap((name) => {
    const value = change[name];
    if (value === null) return [];
    const setting: Setting = styleTransferSettings[name];
    const { symbol, title } = settingTexts[name];
    return [setting.kind === "layers" ? texts.steering.layers : `${symbol ?? title} ${value}`];
  });
  if (change.styles) words.push(texts.steering.styles);
  return words.join(", ");
}
