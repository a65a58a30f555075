import { expect, test } from "vitest";
import { learningRateDefaults, styleTransferDefaults } from "../../server/art/settings";
import { toInput, usualRecipe, withLayerWeight, withNumber, withOptimizer } from "../../web/rooms/easel/recipe";

test("numbers that nobody touched are left to the server", () => {
  const input = toInput(withNumber(usualRecipe, "steps", 77), "c", "s", "Title");
  expect(input).toMatchObject({ contentId: "c", styles: [{ imageId: "s", weight: 1 }], title: "Title", steps: 77 });
  for (const name of ["alpha", "size", "learningRate", "styleLayers"]) expect(input).not.toHaveProperty(name);
});

test("the learning rate follows the optimiser until it is set", () => {
  const lbfgs = withOptimizer(usualRecipe, "LBFGS");
  expect(lbfgs.numbers.learningRate).toBe(learningRateDefaults.LBFGS);
  expect(toInput(lbfgs, "c", "s", "")).not.toHaveProperty("learningRate");
  const set = withOptimizer(withNumber(usualRecipe, "learningRate", 0.5), "LBFGS");
  expect(toInput(set, "c", "s", "")).toMatchObject({ optimizer: "LBFGS", learningRate: 0.5 });
});

test("one layer's weight is sent with the others as they are", () => {
  const { styleLayers } = toInput(withLayerWeight(usualRecipe, "conv3_1", 2), "c", "s", "");
  const expected = styleTransferDefaults.styleLayers.map(({ layer, weight }) => ({ layer, weight: layer === "conv3_1" ? 2 : weight }));
  expect(styleLayers).toEqual(expected);
});
