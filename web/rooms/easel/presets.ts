import { exponentialWeights, styleTransferDefaults } from "../../../server/records/settings";
import { type Recipe, usualRecipe } from "../../session/recipe";
import type { easelTexts as texts } from "../../texts/easel";

/** Settings with a name and an example picture. */
export interface Preset {
  id: keyof typeof texts.presets;
  recipe: Recipe;
}

const layers = styleTransferDefaults.styleLayers.map(({ layer }) => layer);
/** Weights that fall from deep to shallow, the reverse of the defaults. */
const deepFirst = exponentialWeights([...layers].reverse(), 0.5).reverse();

/** The presets; paint-presets.ts paints their example pictures into web/public/presets. */
export const presets: readonly Preset[] = [
  { id: "balanced", recipe: usualRecipe },
  { id: "sketch", recipe: { ...usualRecipe, numbers: { steps: 50, size: 192 } } },
  { id: "gentle", recipe: { ...usualRecipe, numbers: { beta: 8 } } },
  { id: "strong", recipe: { ...usualRecipe, numbers: { beta: 200 } } },
  { id: "fine", recipe: { ...usualRecipe, styleLayers: exponentialWeights(layers, 0.25) } },
  { id: "large", recipe: { ...usualRecipe, numbers: { steps: 200 }, styleLayers: deepFirst } },
  { id: "colours", recipe: { ...usualRecipe, preserveColors: true } },
];

/** The preset with these settings, whatever the network; null if there is none. */
export function presetOf(recipe: Recipe): Preset | null {
  const key = (one: Recipe) =>
    JSON.stringify([Object.entries(one.numbers).sort(), one.optimizer, one.initialImage, one.preserveColors, one.styleLayers]);
  return presets.find((preset) => key(preset.recipe) === key(recipe)) ?? null;
}
