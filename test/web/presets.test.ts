import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { presetOf, presets } from "../../web/rooms/easel/presets";

test("every preset has its picture and is known again, with any network", () => {
  for (const preset of presets) {
    expect(existsSync(new URL(`../../web/public/presets/${preset.id}.webp`, import.meta.url)), preset.id).toBe(true);
    expect(presetOf({ ...preset.recipe, model: "vgg19" })).toBe(preset);
  }
  expect(new Set(presets.map(({ id }) => id)).size).toBe(presets.length);
});

test("a preset is known again when a setting went back to its default", () => {
  expect(presetOf({ alpha: 1, preserveColors: false })?.id).toBe("balanced");
});

test("settings of one's own are nobody's preset", () => {
  expect(presetOf({ beta: 41 })).toBeNull();
});
