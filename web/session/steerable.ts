import type { VariablesOf } from "gql.tada";
import { inForceAt, type Weighted, withChange } from "../../server/records/changes";
import { type SteerableSettings, steerableOf } from "../../server/records/settings";
import type { Painting, Picture, Steer } from "../graphql/operations";
import type { Weights } from "../parts/curve-geometry";

/** A style picture with its weight among several. */
export type WeightedPicture = Weighted<{ image: Pick<Picture, "id" | "url"> }>;

export type SteerInput = VariablesOf<typeof Steer>["changes"];

/** Everything that may be steered. */
export interface Steerable extends SteerableSettings {
  styles: readonly WeightedPicture[];
}

type History = Pick<Painting, "initialSettings" | "initialStyles" | "changes">;

/** What is in force now, with every change. */
export function steerableNow({ settings, styles }: Pick<Painting, "settings" | "styles">): Steerable {
  return { ...steerable(settings), styles };
}

/** What was in force when the picture of a step was evaluated: a branch from there begins with it. */
export function steerableAt({ initialSettings, initialStyles, changes }: History, step: number): Steerable {
  const initial = { settings: steerable(initialSettings), styles: initialStyles };
  const { settings, styles } = inForceAt(initial, changes.map(recorded), step);
  return { ...settings, styles };
}

/** The weights with which the picture of each step was evaluated. */
export function weightsByStep({ initialSettings, changes }: Pick<History, "initialSettings" | "changes">): (step: number) => Weights {
  const stretches = [{ from: 0, inForce: { settings: steerable(initialSettings), styles: null } }];
  for (const change of changes) {
    const before = stretches.at(-1);
    if (change.step === null || !before) continue;
    stretches.push({ from: change.step, inForce: withChange(before.inForce, { settings: steerableOf(change), styles: null }) });
  }
  // Steps are mostly asked for in order, so the stretch is near the last one.
  let at = 0;
  return (step) => {
    while (at > 0 && (stretches[at]?.from ?? 0) > step) at--;
    while ((stretches[at + 1]?.from ?? Number.POSITIVE_INFINITY) <= step) at++;
    return (stretches[at]?.inForce.settings ?? initialSettings) satisfies Weights;
  };
}

/** The input of the mutation: only what is to be changed. */
export function toChanges({ styles, styleLayers, ...others }: Partial<Steerable>): SteerInput {
  return {
    ...others,
    ...(styleLayers ? { styleLayers: styleLayers.map(({ layer, weight }) => ({ layer, weight })) } : {}),
    ...(styles ? { styles: styles.map(({ image, weight }) => ({ imageId: image.id, weight })) } : {}),
  };
}

/** The steps at which the painting was steered, in order and without duplicates. */
export function steeredSteps(changes: readonly Pick<Painting["changes"][number], "step">[]): number[] {
  return [...new Set(changes.flatMap(({ step }) => (step === null ? [] : [step])))].sort((a, b) => a - b);
}

/** A change as the API gives it, with null where a setting stayed as it was. */
function recorded({ step, styles, ...settings }: Painting["changes"][number]) {
  return { step, settings: steerableOf(settings), styles };
}

/** The steerable ones of complete settings. */
function steerable(settings: SteerableSettings): SteerableSettings {
  return steerableOf(settings) as SteerableSettings;
}
