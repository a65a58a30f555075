import { expect, test } from "vitest";
import type { SessionStatus } from "../../web/graphql/operations";
import type { RunFrame } from "../../web/graphql/run-operations";
import { experimentInputs, shareDone, styleLayerNames } from "../../web/rooms/layers/experiment";
import { curvePath, layerCurves } from "../../web/rooms/layers/layer-losses";
import { onlyLayer } from "../../web/session/only-layer";
import type { Run } from "../../web/side-by-side/runs";

const setup = { contentId: "c", styleId: "s", names: { photo: "Alps", style: "Dots" }, size: 64, steps: 10, model: "vgg19-lite" };

test("the experiment paints once with each layer alone, and everything else is the same", () => {
  const inputs = experimentInputs(setup);
  expect(inputs.map(({ styleLayers }) => onlyLayer(styleLayers ?? []))).toEqual(styleLayerNames);
  expect(new Set(inputs.map(({ styleLayers, title, ...rest }) => JSON.stringify([styleLayers?.length, rest]))).size).toBe(1);
  expect(new Set(inputs.map(({ title }) => title)).size).toBe(styleLayerNames.length);
  expect(
    onlyLayer([
      { layer: "a", weight: 1 },
      { layer: "b", weight: 2 },
    ]),
  ).toBeNull();
});

test("the share done counts all paintings, and one that has ended whatever its steps", () => {
  const run = (status: SessionStatus, step: number) =>
    ({ session: { status, settings: { steps: 10 } }, frames: [{ step }] }) as unknown as Pick<Run, "session" | "frames">;
  expect(shareDone([])).toBe(0);
  expect(shareDone([run("RUNNING", 5), run("CANCELLED", 2), run("QUEUED", 0), { session: null, frames: [] }])).toBeCloseTo(1.5 / 4);
});

const frame = (step: number, one: number, five: number): RunFrame => ({
  step,
  url: "",
  losses: {
    total: 1,
    layers: [
      { layer: "conv5_1", term: "STYLE", value: five },
      { layer: "conv1_1", term: "STYLE", value: one },
      { layer: "conv4_2", term: "CONTENT", value: 9 },
    ],
  },
});

test("the style terms of the layers are listed from the shallowest, as shares of their first values", () => {
  const curves = layerCurves([frame(0, 4, 8), frame(1, 2, 8), { step: 2, url: "", losses: null }, frame(3, 1, 16)]);
  expect(curves).toEqual([
    {
      layer: "conv1_1",
      points: [
        { step: 0, share: 1 },
        { step: 1, share: 0.5 },
        { step: 3, share: 0.25 },
      ],
    },
    {
      layer: "conv5_1",
      points: [
        { step: 0, share: 1 },
        { step: 1, share: 1 },
        { step: 3, share: 2 },
      ],
    },
  ]);
});

test("a curve falls by powers of ten and stays within the plot", () => {
  const points = [
    { step: 0, share: 1 },
    { step: 5, share: 0.1 },
    { step: 10, share: 0 },
  ];
  expect(curvePath({ layer: "a", points }, 100, 60, 10, 0.001)).toBe("M0.0 0.0L50.0 20.0L100.0 60.0");
  expect(curvePath({ layer: "a", points: [{ step: 0, share: 7 }] }, 100, 60, 10, 0.001)).toBe("M0.0 0.0");
});
