import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { presetOf, presets } from "../../web/rooms/easel/presets";
import { usualRecipe, withNumber } from "../../web/session/recipe";

test("every preset has its picture and is known again, with any network", () => {
  for (const preset of presets) {
    expect(existsSync(new URL(`../../web/public/presets/${preset.id}.webp`, import.meta.url)), preset.id).toBe(true);
    expect(presetOf({ ...preset.recipe, model: "vgg19" })).toBe(preset);
  }
  expect(new Set(presets.map(({ id }) => id)).size).toBe(presets.length);
});

test("settings of one's own are nobody's preset", () => {
  expect(presetOf(withNumber(usualRecipe, "beta", 41))).toBeNull();
});
