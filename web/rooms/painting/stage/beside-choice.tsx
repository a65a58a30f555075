import { RadioGroup } from "radix-ui";
import { paintingTexts as texts } from "../../../texts/painting";
import type { Source } from "./beside";
import styles from "./beside-choice.module.css";

interface Props {
  sources: readonly Source[];
  /** URL of the picture shown beside the painting; null for none. */
  chosen: string | null;
  onChoose(url: string | null): void;
}

const ALONE = "alone";

/** A choice between the painting alone and the painting beside a source picture. */
export function BesideChoice({ sources, chosen, onChoose }: Props) {
  const options = [{ value: ALONE, title: texts.beside.alone as string }, ...sources.map(({ url, title }) => ({ value: url, title }))];
  return (
    <RadioGroup.Root
      className={styles.choice}
      aria-label={texts.beside.title}
      orientation="horizontal"
      value={chosen ?? ALONE}
      onValueChange={(value) => onChoose(value === ALONE ? null : value)}
    >
      {options.map(({ value, title }) => (
        <RadioGroup.Item key={value} value={value} className={`bare ${styles.option}`}>
          {title}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
