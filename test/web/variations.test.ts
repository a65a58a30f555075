import { expect, test } from "vitest";
import { variationsOf } from "../../web/rooms/easel/variations";
import { settingsOf, sketch } from "../../web/session/recipe";

test.each(["presets", "balance", "beginnings"] as const)(
  "four small paintings differ in %s, and in nothing else that was chosen",
  (vary) => {
    const four = variationsOf({ ...sketch, size: 900, steps: 400, model: "vgg19-lite", gamma: 3 }, vary);
    expect(new Set(four.map(({ name }) => name)).size).toBe(4);
    expect(new Set(four.map(({ recipe }) => JSON.stringify(settingsOf(recipe)))).size).toBe(4);
    for (const { recipe } of four) expect(recipe).toMatchObject({ size: 128, steps: 60, scales: 2, model: "vgg19-lite" });
    if (vary !== "presets") for (const { recipe } of four) expect(recipe.gamma).toBe(3);
  },
);

test("the share of the style keeps a chosen alpha", () => {
  const four = variationsOf({ ...sketch, alpha: 2 }, "balance");
  expect(four.map(({ recipe }) => (recipe.beta ?? 0) / (recipe.alpha ?? 1))).toEqual([5, 20, 80, 320]);
  expect(variationsOf({ ...sketch, alpha: 0 }, "balance").every(({ recipe }) => recipe.alpha === 1)).toBe(true);
});
