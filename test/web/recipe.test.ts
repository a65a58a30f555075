import { expect, test } from "vitest";
import { defaultNumbers, styleTransferDefaults } from "../../server/records/settings";
import { layersOf, numbersOf, toInput, usualRecipe, withNumber } from "../../web/session/recipe";

test("numbers that nobody touched are left to the server", () => {
  const input = toInput(withNumber(usualRecipe, "steps", 77), "c", [{ imageId: "s", weight: 1 }], "Title");
  expect(input).toMatchObject({ contentId: "c", styles: [{ imageId: "s", weight: 1 }], title: "Title", steps: 77 });
  for (const name of ["alpha", "size", "learningRate", "styleLayers", "model"]) expect(input).not.toHaveProperty(name);
});

test("the learning rate follows the optimiser and the scales follow the size until they are set", () => {
  const lbfgs = withNumber({ ...usualRecipe, optimizer: "LBFGS" }, "size", 512);
  expect(numbersOf(lbfgs)).toEqual(defaultNumbers({ optimizer: "LBFGS", size: 512 }));
  expect(numbersOf(lbfgs).scales).toBeGreaterThan(numbersOf(usualRecipe).scales);
  const input = toInput(lbfgs, "c", [{ imageId: "s", weight: 1 }], "");
  for (const name of ["learningRate", "scales"]) expect(input).not.toHaveProperty(name);
  expect(toInput(withNumber(lbfgs, "learningRate", 0.5), "c", [{ imageId: "s", weight: 1 }], "")).toMatchObject({
    optimizer: "LBFGS",
    learningRate: 0.5,
  });
});

test("one layer's weight is sent with the others as they are", () => {
  const { styleLayers } = toInput(
    { ...usualRecipe, styleLayers: layersOf(usualRecipe).map((known) => (known.layer === "conv3_1" ? { ...known, weight: 2 } : known)) },
    "c",
    [{ imageId: "s", weight: 1 }],
    "",
  );
  const expected = styleTransferDefaults.styleLayers.map(({ layer, weight }) => ({ layer, weight: layer === "conv3_1" ? 2 : weight }));
  expect(styleLayers).toEqual(expected);
});

test("a chosen network is named", () => {
  expect(toInput({ ...usualRecipe, model: "vgg19-lite" }, "c", [{ imageId: "s", weight: 1 }], "")).toMatchObject({ model: "vgg19-lite" });
});
