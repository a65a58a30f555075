import { expect, test } from "vitest";
import { defaultSettings, styleTransferSettings } from "../../server/records/settings";
import { settingsOf, toInput, withModel } from "../../web/session/recipe";

const styles = [{ imageId: "s", weight: 1 }];

test("unchanged settings are left to the server", () => {
  expect(toInput({ steps: 77 }, "c", styles, "Title")).toEqual({ contentId: "c", styles, title: "Title", steps: 77 });
});

test("the learning rate follows the optimiser and the scales follow the size until they are set", () => {
  const lbfgs = { optimizer: "LBFGS", size: 512 } as const;
  expect(settingsOf(lbfgs)).toEqual(defaultSettings(lbfgs));
  expect(settingsOf(lbfgs).scales).toBeGreaterThan(settingsOf({}).scales);
  const input = toInput(lbfgs, "c", styles, "");
  for (const name of ["learningRate", "scales"]) expect(input).not.toHaveProperty(name);
  expect(toInput({ ...lbfgs, learningRate: 0.5 }, "c", styles, "")).toMatchObject({ optimizer: "LBFGS", learningRate: 0.5 });
});

test("a draft has at least two scales until they are set", () => {
  expect([settingsOf({ draft: true }).scales, settingsOf({ draft: true, scales: 3 }).scales, settingsOf({}).scales]).toEqual([2, 3, 1]);
  expect(toInput({ draft: true }, "c", styles, "")).toEqual({ contentId: "c", styles, title: "", draft: true });
});

test("a changed layer weight is sent together with the unchanged ones", () => {
  const changed = settingsOf({}).styleLayers.map((known) => (known.layer === "conv3_1" ? { ...known, weight: 2 } : known));
  const expected = styleTransferSettings.styleLayers.default.map(({ layer, weight }) => ({
    layer,
    weight: layer === "conv3_1" ? 2 : weight,
  }));
  expect(toInput({ styleLayers: changed }, "c", styles, "").styleLayers).toEqual(expected);
});

test("a chosen model is named, and a choice that was undone is left to the server", () => {
  const named = withModel({ steps: 5 }, "vgg19-lite");
  expect(toInput(named, "c", styles, "")).toMatchObject({ model: "vgg19-lite", steps: 5 });
  expect(toInput(withModel(named, null), "c", styles, "")).not.toHaveProperty("model");
});
