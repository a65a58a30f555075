import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { presetOf, presets } from "../../web/rooms/easel/presets";
import { sketch } from "../../web/session/recipe";

test("every preset has a picture and is recognised with any network", () => {
  for (const preset of presets) {
    expect(existsSync(new URL(`../../web/public/presets/${preset.id}.webp`, import.meta.url)), preset.id).toBe(true);
    expect(presetOf({ ...preset.recipe, model: "vgg19" })).toBe(preset);
  }
  expect(new Set(presets.map(({ id }) => id)).size).toBe(presets.length);
});

test("a preset is recognised when a setting is back at its default", () => {
  expect(presetOf({ ...sketch, alpha: 1, preserveColors: false })?.id).toBe("balanced");
});

test("other settings match no preset", () => {
  expect(presetOf({ beta: 41 })).toBeNull();
});
