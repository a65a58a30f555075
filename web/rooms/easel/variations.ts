import { type Recipe, settingsOf } from "../../session/recipe";
import { easelTexts } from "../../texts/easel";
import { presets } from "./presets";

const texts = easelTexts.four;

/** What four small paintings differ in. */
export type Vary = keyof typeof texts.vary;

/** One of four small paintings. */
export interface Variation {
  name: string;
  recipe: Recipe;
}

/** Small enough for four to be done in seconds. */
const small: Recipe = { size: 128, steps: 60, scales: 2 };

/** Ratios of beta to alpha, from much of the photo to much of the style. */
const ratios = [5, 20, 80, 320];
const shownPresets = ["balanced", "gentle", "strong", "large"];

/** Four small variations of a recipe. */
export function variationsOf(recipe: Recipe, vary: Vary): Variation[] {
  const base = { ...recipe, ...small };
  switch (vary) {
    case "presets":
      return presets
        .filter(({ id }) => shownPresets.includes(id))
        .map(({ id, recipe: preset }) => ({ name: easelTexts.presets[id].title, recipe: { ...preset, ...small, model: recipe.model } }));
    case "balance":
      return ratios.map((ratio, place) => {
        const alpha = settingsOf(recipe).alpha || 1;
        return { name: texts.balances[place] ?? "", recipe: { ...base, alpha, beta: ratio * alpha } };
      });
    case "beginnings":
      return [1, 2, 3, 4].map((seed) => ({ name: texts.beginning(seed), recipe: { ...base, initialImage: "NOISE", seed } }));
  }
}
