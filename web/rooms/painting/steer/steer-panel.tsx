import type { ReactNode } from "react";
import { type SettingName, steerableNames, styleTransferSettings } from "../../../../server/records/settings";
import { BalanceControl } from "../../../parts/balance-control";
import { FailureNotice } from "../../../parts/notice";
import { NumbersFold } from "../../../parts/numbers-fold";
import { SettingControl } from "../../../parts/setting-control";
import { controlledNames, weightNames } from "../../../parts/settings";
import type { Steerable } from "../../../session/steerable";
import styles from "./steer-panel.module.css";

interface Props {
  title: string;
  /** In place of the title. */
  heading?: ReactNode;
  /** What a change will do. */
  hint: string;
  values: Steerable;
  /** Last painted step: `steps` must be more. */
  paintedStep: number;
  failure: unknown;
  /** More controls, shown first. */
  children?: ReactNode;
  onChange(changes: Partial<Steerable>): void;
}

/** Settings that have a place of their own: the weights come first, the size is in the dialog that lets a painting grow. */
const elsewhere: readonly SettingName[] = [...weightNames, "size"];

/** Steerable settings that are folded away with the weights, in the order of their controls. */
const folded = controlledNames.filter(
  (name) => (steerableNames as readonly SettingName[]).includes(name) && !elsewhere.includes(name),
) as Exclude<keyof Steerable, "styles">[];

/** The settings that may change in a painting that is not finished, or in a branch before it begins. */
export function SteerPanel({ title, heading, hint, values, paintedStep, failure, children, onChange }: Props) {
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
        {heading ?? <h2 className={styles.title}>{title}</h2>}
        <p className={styles.hint} aria-live="polite">
          {hint}
        </p>
      </header>
      {children}
      <BalanceControl alpha={values.alpha} beta={values.beta} onChange={onChange} />
      <FailureNotice error={failure} />
      <NumbersFold>{[...weightNames, ...folded].map(control)}</NumbersFold>
    </section>
  );
}
