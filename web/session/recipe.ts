import type { VariablesOf } from "gql.tada";
import type { ImageReference, Weighted } from "../../server/records/changes";
import {
  defaultSettings,
  type LayerWeight,
  type Setting,
  type StyleTransferSettings,
  settingNames,
  styleTransferLimits,
  styleTransferSettings,
} from "../../server/records/settings";
import type { StartPainting } from "../graphql/operations";
import { controlledNames } from "../parts/settings";

/** Settings that the user chose. The others are left to the server's defaults. */
export type Recipe = Readonly<Partial<StyleTransferSettings>>;

/** What a new painting begins with: a sketch, which is done in seconds and can grow. */
export const sketch: Recipe = { steps: 80, scales: 2 };

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

/** The settings of a record that may be chosen; one that is missing or not allowed is left to its default. */
export function allowedRecipe(settings: Readonly<Record<string, unknown>>): Recipe {
  const read = settingNames.filter((name) => name === "model" || controlledNames.includes(name));
  return Object.fromEntries(
    read.flatMap((name) => (isAllowed(styleTransferSettings[name], settings[name]) ? [[name, settings[name]]] : [])),
  );
}

function isAllowed(setting: Setting, value: unknown): boolean {
  switch (setting.kind) {
    case "number":
      if (typeof value !== "number" || (setting.integer && !Number.isInteger(value))) return false;
      return value >= setting.min && value <= setting.max;
    case "choice":
      return typeof value === "string" && setting.values.includes(value);
    case "flag":
      return typeof value === "boolean";
    case "layers":
      return Array.isArray(value) && value.every(isLayer);
    case "model":
      return typeof value === "string";
  }
}

function isLayer(value: unknown): value is LayerWeight {
  const { layer, weight } = (value ?? {}) as Partial<LayerWeight>;
  return typeof layer === "string" && typeof weight === "number" && weight >= 0 && weight <= styleTransferLimits.maxLayerWeight;
}
