import type { NumberSetting } from "../../../../server/records/settings";
import { LayerEqualiser } from "../../../parts/layer-equaliser";
import { FailureNotice } from "../../../parts/notice";
import { NumberControl } from "../../../parts/number-control";
import { named, weightSettings } from "../../../parts/settings";
import { paintingTexts } from "../../../texts/painting";
import styles from "./steer-panel.module.css";
import type { Steerable } from "../../../session/steerable";
import { StyleSources } from "./style-sources";

interface Props {
  title: string;
  /** What becomes of a change. */
  hint: string;
  values: Steerable;
  /** The step that is painted already: `steps` must be more. */
  paintedStep: number;
  failure: unknown;
  onChange(changes: Partial<Steerable>): void;
}

const learningRate = named("learningRate");
const steps = named("steps");

/** What may be changed of a painting while it lasts, or of a branch before it begins. */
export function SteerPanel({ title, hint, values, paintedStep, failure, onChange }: Props) {
  const { styleLayers } = values;
  const stepsLeft: NumberSetting = { ...steps.setting, min: Math.min(paintedStep + 1, steps.setting.max), help: "" };
  return (
    <section className={styles.panel} aria-label={title}>
      <header>
        <h2 className={styles.title}>{title}</h2>
        <p className={styles.hint} aria-live="polite">
          {hint}
        </p>
      </header>
      {weightSettings.map(({ name, setting }) => (
        <NumberControl
          key={name}
          setting={{ ...setting, help: "" }}
          unhurried
          value={values[name]}
          onChange={(value) => onChange({ [name]: value })}
        />
      ))}
      <FailureNotice error={failure} />
      <details className={styles.more}>
        <summary>{paintingTexts.steer.more}</summary>
        <div className={styles.folded}>
          <NumberControl
            setting={stepsLeft}
            slider={false}
            unhurried
            value={values.steps}
            onChange={(value) => onChange({ steps: value })}
          />
          <NumberControl
            setting={learningRate.setting}
            unhurried
            value={values.learningRate}
            onChange={(value) => onChange({ learningRate: value })}
          />
          <StyleSources sources={values.styles} onChange={(sources) => onChange({ styles: sources })} />
          <LayerEqualiser layers={styleLayers} onChange={(layers) => onChange({ styleLayers: layers })} />
        </div>
      </details>
    </section>
  );
}
