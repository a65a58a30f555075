import { type SettingName, steerableNames, styleTransferSettings } from "../../../../server/records/settings";
import { FailureNotice } from "../../../parts/notice";
import { SettingControl } from "../../../parts/setting-control";
import { controlledNames, weightNames } from "../../../parts/settings";
import type { Steerable } from "../../../session/steerable";
import { paintingTexts } from "../../../texts/painting";
import styles from "./steer-panel.module.css";
import { StyleSources } from "./style-sources";

interface Props {
  title: string;
  /** What a change will do. */
  hint: string;
  values: Steerable;
  /** Last painted step: `steps` must be more. */
  paintedStep: number;
  failure: unknown;
  onChange(changes: Partial<Steerable>): void;
}

/** Settings that have their place elsewhere: the weights above, the size in the dialog that lets a painting grow. */
const elsewhere: readonly SettingName[] = [...weightNames, "size"];

/** Steerable settings that are folded away, in the order of their controls. */
const folded = controlledNames.filter(
  (name) => (steerableNames as readonly SettingName[]).includes(name) && !elsewhere.includes(name),
) as Exclude<keyof Steerable, "styles">[];

/** The settings that may change in a painting that is not finished, or in a branch before it begins. */
export function SteerPanel({ title, hint, values, paintedStep, failure, onChange }: Props) {
  const { max } = styleTransferSettings.steps;
  const control = (name: Exclude<keyof Steerable, "styles">) => (
    <SettingControl
      key={name}
      name={name}
      range={name === "steps" ? { min: Math.min(paintedStep + 1, max) } : {}}
      exact={name === "steps"}
      terse
      unhurried
      value={values[name]}
      onChange={(value) => onChange({ [name]: value })}
    />
  );
  return (
    <section className={styles.panel} aria-label={title}>
      <header>
        <h2 className={styles.title}>{title}</h2>
        <p className={styles.hint} aria-live="polite">
          {hint}
        </p>
      </header>
      {weightNames.map(control)}
      <FailureNotice error={failure} />
      <details className={styles.more}>
        <summary>{paintingTexts.steer.more}</summary>
        <div className={styles.folded}>
          {folded.map(control)}
          <StyleSources sources={values.styles} onChange={(sources) => onChange({ styles: sources })} />
        </div>
      </details>
    </section>
  );
}
