import { exponentialWeights, styleTransferSettings } from "../../../server/records/settings";
import { type Recipe, settingsOf, sketch } from "../../session/recipe";
import type { easelTexts as texts } from "../../texts/easel";

/** Settings with a name and an example picture. */
export interface Preset {
  id: keyof typeof texts.presets;
  recipe: Recipe;
}

const layers = styleTransferSettings.styleLayers.default.map(({ layer }) => layer);
/** Weights that fall from deep to shallow, the reverse of the defaults. */
const deepFirst = exponentialWeights([...layers].reverse(), 0.5).reverse();

/** The photo and the style that the shipped example pictures show. */
export const shownPair = { photo: "/samples/bridge.jpg", style: "/samples/night-wind.jpg" } as const;

/** The presets; paint-presets.ts paints their example pictures into web/public/presets. */
export const presets: readonly Preset[] = [
  { id: "balanced", recipe: sketch },
  { id: "gentle", recipe: { ...sketch, beta: 5 } },
  { id: "strong", recipe: { ...sketch, beta: 400 } },
  { id: "fine", recipe: { ...sketch, scales: 1, beta: 100, styleLayers: exponentialWeights(layers, 0.25) } },
  { id: "large", recipe: { ...sketch, steps: 120, scales: 3, beta: 200, styleLayers: deepFirst } },
  { id: "colours", recipe: { ...sketch, preserveColors: true } },
];

/** The preset that gives these settings, whatever the model, the size and the number of steps; null if there is none. */
export function presetOf(recipe: Recipe): Preset | null {
  const key = (one: Recipe) => JSON.stringify({ ...settingsOf(one), model: null, size: null, steps: null });
  return presets.find((preset) => key(preset.recipe) === key(recipe)) ?? null;
}
