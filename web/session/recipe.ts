import type { VariablesOf } from "gql.tada";
import type { ImageReference, Weighted } from "../../server/records/changes";
import { defaultSettings, type StyleTransferSettings } from "../../server/records/settings";
import type { StartPainting } from "../graphql/operations";

/** Settings that the user chose. The others are left to the server's defaults. */
export type Recipe = Readonly<Partial<StyleTransferSettings>>;

export type StartPaintingInput = VariablesOf<typeof StartPainting>["input"];

/** Every setting as it will be: the chosen ones, and defaults, some of which follow other settings. */
export function settingsOf(recipe: Recipe): Omit<StyleTransferSettings, "model"> {
  return { ...defaultSettings(recipe), ...recipe };
}

/** The recipe with another model; null leaves the model to the server. */
export function withModel({ model: _before, ...others }: Recipe, model: string | null): Recipe {
  return model === null ? others : { ...others, model };
}

/** The input of the mutation: settings that the user left alone are left out, so that the server's own defaults hold. */
export function toInput(recipe: Recipe, contentId: string, styles: readonly Weighted<ImageReference>[], title: string): StartPaintingInput {
  return { contentId, styles: [...styles], title, ...recipe };
}
