import type { VariablesOf } from "gql.tada";
import {
  type InitialImage,
  type LayerWeight,
  learningRateDefaults,
  type OptimizerKind,
  type StyleTransferNumber,
  styleTransferDefaults,
  styleTransferNumbers,
} from "../../../server/art/settings";
import type { StartPainting } from "../../graphql/operations";

/** Settings as the page holds them. What is null is left to the server's default. */
export interface Recipe {
  numbers: Record<StyleTransferNumber, number>;
  /** Follows the optimiser until somebody sets it. */
  learningRateSet: boolean;
  optimizer: OptimizerKind;
  initialImage: InitialImage;
  preserveColors: boolean;
  styleLayers: LayerWeight[] | null;
}

export type StyleTransferInput = VariablesOf<typeof StartPainting>["input"];

const names = Object.keys(styleTransferNumbers) as StyleTransferNumber[];

export const usualRecipe: Recipe = {
  numbers: Object.fromEntries(names.map((name) => [name, styleTransferNumbers[name].default])) as Recipe["numbers"],
  learningRateSet: false,
  optimizer: styleTransferDefaults.optimizer,
  initialImage: styleTransferDefaults.initialImage,
  preserveColors: styleTransferDefaults.preserveColors,
  styleLayers: null,
};

export function withNumber(recipe: Recipe, name: StyleTransferNumber, value: number): Recipe {
  const learningRateSet = recipe.learningRateSet || name === "learningRate";
  return { ...recipe, learningRateSet, numbers: { ...recipe.numbers, [name]: value } };
}

export function withOptimizer(recipe: Recipe, optimizer: OptimizerKind): Recipe {
  const learningRate = recipe.learningRateSet ? recipe.numbers.learningRate : learningRateDefaults[optimizer];
  return { ...recipe, optimizer, numbers: { ...recipe.numbers, learningRate } };
}

export function withLayerWeight(recipe: Recipe, layer: string, weight: number): Recipe {
  return { ...recipe, styleLayers: layersOf(recipe).map((known) => (known.layer === layer ? { layer, weight } : known)) };
}

export function layersOf({ styleLayers }: Recipe): LayerWeight[] {
  return styleLayers ?? styleTransferDefaults.styleLayers.map((layer) => ({ ...layer }));
}

/** The mutation's input: what was left alone is left out, so that the server's own defaults hold. */
export function toInput(recipe: Recipe, contentId: string, styleId: string, title: string): StyleTransferInput {
  const { numbers, learningRateSet, optimizer, initialImage, preserveColors, styleLayers } = recipe;
  const changed = names.filter((name) =>
    name === "learningRate" ? learningRateSet : numbers[name] !== styleTransferNumbers[name].default,
  );
  return {
    contentId,
    styles: [{ imageId: styleId, weight: 1 }],
    title,
    optimizer,
    initialImage,
    preserveColors,
    ...Object.fromEntries(changed.map((name) => [name, numbers[name]])),
    ...(styleLayers ? { styleLayers } : {}),
  };
}
