import type { Painting } from "../../../graphql/operations";
import { paintingTexts as texts } from "../../../texts/painting";
import { changeInWords } from "./change-in-words";
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
            <span>{changeInWords(change)}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}
