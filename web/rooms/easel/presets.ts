import { exponentialWeights, styleTransferSettings } from "../../../server/records/settings";
import type { easelTexts as texts } from "../../texts/easel";
import { type Recipe, settingsOf } from "../../session/recipe";

/** Settings with a name, and a picture that shows what they do. */
export interface Preset {
  id: keyof typeof texts.presets;
  recipe: Recipe;
}

const layers = styleTransferSettings.styleLayers.default.map(({ layer }) => layer);
/** Falls from deep to shallow: the opposite of the usual weights. */
const deepFirst = exponentialWeights([...layers].reverse(), 0.5).reverse();

/** Painted by web/samples/paint-presets.ts with the samples, to web/public/presets. */
export const presets: readonly Preset[] = [
  { id: "balanced", recipe: {} },
  { id: "sketch", recipe: { steps: 50, size: 192 } },
  { id: "gentle", recipe: { beta: 8 } },
  { id: "strong", recipe: { beta: 200 } },
  { id: "fine", recipe: { styleLayers: exponentialWeights(layers, 0.25) } },
  { id: "large", recipe: { steps: 200, styleLayers: deepFirst } },
  { id: "colours", recipe: { preserveColors: true } },
];

/** The preset that gives these settings, whatever the model; null where none does. */
export function presetOf(recipe: Recipe): Preset | null {
  const key = (one: Recipe) => JSON.stringify({ ...settingsOf(one), model: null });
  return presets.find((preset) => key(preset.recipe) === key(recipe)) ?? null;
}
