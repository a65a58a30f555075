import { exponentialWeights, styleTransferSettings } from "../../../server/records/settings";
import { type Recipe, settingsOf } from "../../session/recipe";
import type { easelTexts as texts } from "../../texts/easel";

/** Settings with a name and an example picture. */
export interface Preset {
  id: keyof typeof texts.presets;
  recipe: Recipe;
}

const layers = styleTransferSettings.styleLayers.default.map(({ layer }) => layer);
/** Weights that fall from deep to shallow, the reverse of the defaults. */
const deepFirst = exponentialWeights([...layers].reverse(), 0.5).reverse();

/** The presets; paint-presets.ts paints their example pictures into web/public/presets. */
export const presets: readonly Preset[] = [
  { id: "balanced", recipe: {} },
  { id: "sketch", recipe: { steps: 50, size: 192 } },
  { id: "gentle", recipe: { beta: 8 } },
  { id: "strong", recipe: { beta: 200 } },
  { id: "fine", recipe: { styleLayers: exponentialWeights(layers, 0.25) } },
  { id: "large", recipe: { steps: 200, styleLayers: deepFirst } },
  { id: "colours", recipe: { preserveColors: true } },
];

/** The preset that gives these settings, whatever the model; null if there is none. */
export function presetOf(recipe: Recipe): Preset | null {
  const key = (one: Recipe) => JSON.stringify({ ...settingsOf(one), model: null });
  return presets.find((preset) => key(preset.recipe) === key(recipe)) ?? null;
}
