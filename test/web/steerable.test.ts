import { expect, test } from "vitest";
import { defaultSettings } from "../../server/records/settings";
import type { Painting } from "../../web/graphql/operations";
import { steerableAt, steerableNow, steeredSteps, toChanges, weightsByStep } from "../../web/session/steerable";

const picture = (id: string) => ({ id, url: `/images/${id}`, width: 8, height: 8 });
const nothing = { alpha: null, beta: null, gamma: null, steps: null, size: null, learningRate: null, styleLayers: null, styles: null };
const start = { ...defaultSettings(), alpha: 1, beta: 40, model: "vgg19" };

const painting: Pick<Painting, "settings" | "styles" | "initialSettings" | "initialStyles" | "changes"> = {
  settings: { ...start, beta: 400, alpha: 5 },
  styles: [{ weight: 1, image: picture("a") }],
  initialSettings: start,
  initialStyles: [{ weight: 1, image: picture("a") }],
  changes: [
    { ...nothing, step: 10, beta: 80 },
    { ...nothing, step: 20, beta: 400 },
    { ...nothing, step: null, alpha: 5 },
  ],
};

test("the settings at a step are the initial settings with the changes through that step", () => {
  const beta = (step: number) => steerableAt(painting, step).beta;
  expect([beta(0), beta(9), beta(10), beta(19), beta(20), beta(99)]).toEqual([40, 40, 80, 80, 400, 400]);
  expect(steerableAt(painting, 99).alpha).toBe(1);
  expect(steerableNow(painting).alpha).toBe(5);
});

test("the styles at a step are those of the last change of styles", () => {
  const swap = { ...nothing, step: 30, styles: [{ weight: 2, image: picture("b") }] };
  const swapped = { ...painting, changes: [...painting.changes, swap] };
  expect(steerableAt(swapped, 5).styles).toEqual(painting.initialStyles);
  expect(steerableAt(swapped, 30).styles).toEqual(swap.styles);
});

test("each point of the loss curve has the weights that it was evaluated with", () => {
  const weightsAt = weightsByStep(painting);
  expect([0, 9, 10, 20, 50, 15, 0, 19].map((step) => weightsAt(step).beta)).toEqual([40, 40, 80, 400, 400, 80, 40, 80]);
});

test("only changed settings are sent", () => {
  expect(toChanges({ beta: 3 })).toEqual({ beta: 3 });
  expect(toChanges({ styles: painting.styles, styleLayers: [{ layer: "conv1_1", weight: 2 }] })).toEqual({
    styles: [{ imageId: "a", weight: 1 }],
    styleLayers: [{ layer: "conv1_1", weight: 2 }],
  });
});

test("a step that was steered several times has one mark, and pending changes have none", () => {
  expect(steeredSteps([{ step: 9 }, { step: 4 }, { step: 9 }, { step: null }])).toEqual([4, 9]);
});
