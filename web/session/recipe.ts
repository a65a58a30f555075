import type { VariablesOf } from "gql.tada";
import {
  defaultNumbers,
  type InitialImage,
  type LayerWeight,
  type OptimizerKind,
  type StyleTransferNumber,
  styleTransferDefaults,
  styleTransferNumbers,
} from "../../server/records/settings";
import type { StartPainting } from "../graphql/operations";

/** Settings as the page holds them: only what somebody set. The rest is left to the server's defaults. */
export interface Recipe {
  numbers: Partial<Record<StyleTransferNumber, number>>;
  optimizer: OptimizerKind;
  initialImage: InitialImage;
  preserveColors: boolean;
  styleLayers: LayerWeight[] | null;
  /** Id of the feature network; null leaves it to the server. */
  model: string | null;
}

export type StyleTransferInput = VariablesOf<typeof StartPainting>["input"];

export const usualRecipe: Recipe = {
  numbers: {},
  optimizer: styleTransferDefaults.optimizer,
  initialImage: styleTransferDefaults.initialImage,
  preserveColors: styleTransferDefaults.preserveColors,
  styleLayers: null,
  model: null,
};

/** Every number as it will be: what was set, and defaults, some of which follow other settings. */
export function numbersOf({ numbers, optimizer }: Recipe): Record<StyleTransferNumber, number> {
  return { ...defaultNumbers({ optimizer, size: numbers.size ?? styleTransferNumbers.size.default }), ...numbers };
}

export function withNumber(recipe: Recipe, name: StyleTransferNumber, value: number): Recipe {
  return { ...recipe, numbers: { ...recipe.numbers, [name]: value } };
}

export function layersOf({ styleLayers }: Recipe): LayerWeight[] {
  return styleLayers ?? styleTransferDefaults.styleLayers.map((layer) => ({ ...layer }));
}

/** A style picture on the server with its share. */
export interface WeightedId {
  imageId: string;
  weight: number;
}

/** The mutation's input: what was left alone is left out, so that the server's own defaults hold. */
export function toInput(recipe: Recipe, contentId: string, styles: readonly WeightedId[], title: string): StyleTransferInput {
  const { numbers, optimizer, initialImage, preserveColors, styleLayers, model } = recipe;
  return {
    contentId,
    styles: [...styles],
    title,
    optimizer,
    initialImage,
    preserveColors,
    ...numbers,
    ...(styleLayers ? { styleLayers } : {}),
    ...(model === null ? {} : { model }),
  };
}
