import type { VariablesOf } from "gql.tada";
import type { LayerWeight } from "../../server/records/settings";
import type { Painting, Picture, Steer } from "../graphql/operations";
import type { Weights } from "../parts/curve-geometry";

/** A style picture with its share. */
export interface StyleSource {
  image: Pick<Picture, "id" | "url">;
  weight: number;
}
export type SteerChanges = VariablesOf<typeof Steer>["changes"];

/** What may be steered. */
export interface Steerable extends Weights {
  learningRate: number;
  steps: number;
  styleLayers: readonly LayerWeight[];
  styles: readonly StyleSource[];
}

type History = Pick<Painting, "initialSettings" | "initialStyles" | "changes">;
type Change = Painting["changes"][number];

/** As it is now, with every change. */
export function steerableNow({ settings, styles }: Pick<Painting, "settings" | "styles">): Steerable {
  const { alpha, beta, gamma, learningRate, steps, styleLayers } = settings;
  return { alpha, beta, gamma, learningRate, steps, styleLayers, styles };
}

/** As it was when the picture of a step was evaluated: a branch from there begins with it. */
export function steerableAt({ initialSettings, initialStyles, changes }: History, step: number): Steerable {
  const made = changes.filter((change) => change.step !== null && change.step <= step);
  return made.reduce(applied, { ...initialSettings, styles: initialStyles });
}

/** The weights with which the picture of each step was evaluated. */
export function weightsByStep({ initialSettings, changes }: Pick<History, "initialSettings" | "changes">): (step: number) => Weights {
  const { alpha, beta, gamma } = initialSettings;
  const stretches: { from: number; weights: Weights }[] = [{ from: 0, weights: { alpha, beta, gamma } }];
  for (const change of changes) {
    const before = stretches.at(-1);
    if (change.step === null || !before) continue;
    const { weights } = before;
    stretches.push({
      from: change.step,
      weights: { alpha: change.alpha ?? weights.alpha, beta: change.beta ?? weights.beta, gamma: change.gamma ?? weights.gamma },
    });
  }
  // Most are asked in order: from the last answer on it is never far.
  let at = 0;
  return (step) => {
    while (at > 0 && (stretches[at]?.from ?? 0) > step) at--;
    while ((stretches[at + 1]?.from ?? Number.POSITIVE_INFINITY) <= step) at++;
    return stretches[at]?.weights ?? { alpha, beta, gamma };
  };
}

/** The mutation's input: only what is to be changed. */
export function toChanges({ styles, styleLayers, ...numbers }: Partial<Steerable>): SteerChanges {
  return {
    ...numbers,
    ...(styleLayers ? { styleLayers: styleLayers.map(({ layer, weight }) => ({ layer, weight })) } : {}),
    ...(styles ? { styles: styles.map(({ image, weight }) => ({ imageId: image.id, weight })) } : {}),
  };
}

/** Where somebody steered, by step, without duplicates. */
export function steeredSteps(changes: readonly Pick<Change, "step">[]): number[] {
  return [...new Set(changes.flatMap(({ step }) => (step === null ? [] : [step])))].sort((a, b) => a - b);
}

function applied(before: Steerable, change: Change): Steerable {
  return {
    alpha: change.alpha ?? before.alpha,
    beta: change.beta ?? before.beta,
    gamma: change.gamma ?? before.gamma,
    learningRate: change.learningRate ?? before.learningRate,
    steps: change.steps ?? before.steps,
    styleLayers: change.styleLayers ?? before.styleLayers,
    styles: change.styles ?? before.styles,
  };
}
