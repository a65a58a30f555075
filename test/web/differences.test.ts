import { expect, test } from "vitest";
import type { RunSession } from "../../web/graphql/run-operations";
import { differences } from "../../web/rooms/compare/differences";

function session(settings: Partial<RunSession["settings"]> = {}, style = "/images/s"): RunSession {
  return {
    id: "a",
    title: null,
    status: "COMPLETED",
    step: 10,
    content: { url: "/images/c", width: 8, height: 8 },
    styles: [{ weight: 1, image: { url: style } }],
    settings: {
      alpha: 1,
      beta: 40,
      gamma: 0.2,
      steps: 10,
      size: 64,
      scales: 1,
      seed: 1,
      optimizer: "ADAM",
      learningRate: 0.02,
      initialImage: "CONTENT",
      preserveColors: false,
      draft: false,
      model: "vgg19-lite",
      contentLayers: [{ layer: "conv4_2", weight: 1 }],
      styleLayers: [{ layer: "conv1_1", weight: 1 }],
      ...settings,
    },
  };
}

test("only settings that differ are listed, with their value in each painting", () => {
  expect(differences([session(), session()])).toEqual([]);
  expect(
    differences([session(), session({ beta: 80, preserveColors: true }), session({ styleLayers: [{ layer: "conv1_1", weight: 0.5 }] })]),
  ).toEqual([
    { name: "β Style", values: ["40", "80", "40"] },
    { name: "Style layers", values: ["1_1: 1", "1_1: 1", "1_1: 0.5"] },
    { name: "Keep the photo's colours", values: ["no", "yes", "no"] },
  ]);
});

test("different pictures are distinguished by letters", () => {
  expect(differences([session({}, "/images/s"), session({}, "/images/t"), session({}, "/images/s")])).toEqual([
    { name: "Style pictures", values: ["A", "B", "A"] },
  ]);
});
