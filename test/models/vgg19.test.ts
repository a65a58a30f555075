import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { objectiveGraph } from "../../server/art/losses.js";
import { gradientName } from "../../server/engine/engine.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { FREE, GraphError, input } from "../../server/graph/node.js";
import { scalar, type Tensor, tensor } from "../../server/graph/tensor.js";
import type { NetworkWeights } from "../../server/models/safetensors.js";
import { readVgg19, vgg19, vgg19Layers } from "../../server/models/vgg19.js";
import { randomTensor } from "../helpers/random.js";
import { noteSkipped } from "../helpers/skipped.js";

const mirror = process.env.ATELIER_MODEL_MIRROR || join(import.meta.dirname, "..", "..", "..", "shared", "weights");
const file = join(mirror, "vgg19", "vgg19.safetensors");
const hasWeights = existsSync(file);
if (!hasWeights) noteSkipped("There is no mirror with vgg19; set ATELIER_MODEL_MIRROR to one.");

const image = input("image", [1, 3, FREE, FREE]);

/** A smooth picture that any program can compute: 0.5 + 0.5 sin(channel + 0.3 row + 0.17 column). */
function waves(height: number, width: number): Tensor {
  const data = new Float32Array(3 * height * width);
  for (let i = 0; i < data.length; i++) {
    const [channel, row, column] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    data[i] = 0.5 + 0.5 * Math.sin(channel + 0.3 * row + 0.17 * column);
  }
  return tensor([1, 3, height, width], data);
}

/**
 * Shape, mean, root mean square and value [0, 5, 0, 0] of the features of `waves(37, 50)`, in double precision by
 * PyTorch 1.13.
 */
const known: Record<"average" | "max", Record<string, [number[], number, number, number]>> = {
  average: {
    conv1_1: [[1, 64, 37, 50], 43.3843, 79.4486, 2.38362],
    conv2_1: [[1, 128, 18, 25], 251.334, 460.896, 0],
    conv3_1: [[1, 256, 9, 12], 329.149, 614.514, 536.361],
    conv4_2: [[1, 512, 4, 6], 458.431, 1022.41, 0],
    conv5_1: [[1, 512, 2, 3], 35.668, 85.3759, 51.9652],
    conv5_4: [[1, 512, 2, 3], 0.928997, 3.82081, 0],
  },
  max: {
    conv1_1: [[1, 64, 37, 50], 43.3843, 79.4486, 2.38362],
    conv2_1: [[1, 128, 18, 25], 286.96, 519.581, 0],
    conv3_1: [[1, 256, 9, 12], 534.398, 980.354, 1012.1],
    conv4_2: [[1, 512, 4, 6], 1029.65, 2272.87, 0],
    conv5_1: [[1, 512, 2, 3], 192.351, 435.593, 1572.61],
    conv5_4: [[1, 512, 2, 3], 6.30134, 24.3537, 0],
  },
};

/** Step of the central differences, in units of the picture's range. */
const step = 2e-3;

describe("VGG-19 as a graph", () => {
  const zeros = (shape: number[]) => tensor(shape, new Float32Array(shape.reduce((product, size) => product * size, 1)));
  const shallow: NetworkWeights = { "conv1_1.weight": zeros([64, 3, 3, 3]), "conv1_1.bias": zeros([64]) };

  it("has the sixteen convolutions of the paper", () => {
    expect(vgg19Layers).toHaveLength(16);
    expect(vgg19Layers.map(({ name }) => name)).toEqual(expect.arrayContaining(["conv1_1", "conv3_4", "conv5_4"]));
    const parameters = vgg19Layers.reduce((sum, { inputChannels, channels }) => sum + (9 * inputChannels + 1) * channels, 0);
    expect(parameters).toBe(20_024_384);
  });

  it("is built no deeper than requested", () => {
    expect(Object.keys(vgg19(image, shallow, { pooling: "average", upTo: "conv1_1" }))).toEqual(["conv1_1"]);
  });

  it("names the layer or weight that is wrong", () => {
    expect(() => vgg19(image, shallow, { pooling: "average", upTo: "conv6_1" })).toThrow(GraphError);
    expect(() => vgg19(image, shallow, { pooling: "average", upTo: "conv1_2" })).toThrow(/conv1_2\.weight/);
    const wrong = { ...shallow, "conv1_1.bias": zeros([63]) };
    expect(() => vgg19(image, wrong, { pooling: "average", upTo: "conv1_1" })).toThrow(/conv1_1\.bias/);
  });
});

describe.skipIf(!hasWeights)("VGG-19 with its weights", () => {
  const engine = new OnnxEngine();
  let weights: NetworkWeights;
  beforeAll(async () => {
    weights = await readVgg19(file, "conv5_4");
  });
  afterAll(() => engine.close());

  it.each(["average", "max"] as const)("computes the known features with %s pooling", async (pooling) => {
    const names = Object.keys(known[pooling]);
    const program = await engine.open(vgg19(image, weights, { pooling, upTo: "conv5_4" }), { outputs: names });
    const features = await program.run({ image: waves(37, 50) });
    await program.close();
    for (const [name, [shape, mean, rootMeanSquare, corner]] of Object.entries(known[pooling])) {
      const { shape: actual, data } = features[name]!;
      expect(actual).toEqual(shape);
      const near = (value: number, expected: number) => expect(Math.abs(value - expected), name).toBeLessThan(1e-3 * rootMeanSquare);
      near(data.reduce((sum, value) => sum + value, 0) / data.length, mean);
      near(Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length), rootMeanSquare);
      near(data[5 * shape[2]! * shape[3]!]!, corner);
    }
  });

  it("accepts the smallest picture that a layer allows, and refuses a smaller one", async () => {
    const minimum = vgg19Layers.find(({ name }) => name === "conv5_1")!.minimumSide;
    const program = await engine.open(vgg19(image, weights, { pooling: "average", upTo: "conv5_1" }), { outputs: ["conv5_1"] });
    expect((await program.run({ image: waves(minimum, minimum) })).conv5_1?.shape).toEqual([1, 512, 1, 1]);
    await expect(program.run({ image: waves(minimum, minimum - 1) })).rejects.toMatchObject({ code: "BAD_INPUT" });
    await program.close();
  });

  it.each(["average", "max"] as const)(
    "has a gradient of the whole loss that central differences confirm (%s pooling)",
    async (pooling) => {
      const upTo = "conv5_1";
      const network = {
        id: "vgg19",
        layers: [],
        minimumSide: () => 16,
        features: (x: typeof image) => vgg19(x, weights, { pooling, upTo }),
      };
      const layers = { content: ["conv4_2"], style: ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"] };
      const graph = objectiveGraph(network, layers);
      const program = await engine.open(graph, { outputs: ["total"], gradient: { of: "total", towards: ["image"] } });
      const given: Record<string, Tensor> = { alpha: scalar(1), beta: scalar(100), gamma: scalar(0.02) };
      const random = (shape: readonly number[], seed: number) => {
        const { data } = randomTensor(shape, seed);
        return tensor(
          shape,
          data.map((value) => 300 * Math.abs(value)),
        );
      };
      given["content.target.conv4_2"] = random([1, 512, 4, 5], 1);
      given["content.weight.conv4_2"] = scalar(1);
      layers.style.forEach((layer, index) => {
        const channels = vgg19Layers.find(({ name }) => name === layer)!.channels;
        given[`style.target.${layer}`] = random([channels, channels], 10 + index);
        given[`style.weight.${layer}`] = scalar(2 ** -index);
      });

      const picture = waves(35, 43);
      const { [gradientName("image")]: gradient } = await program.run({ ...given, image: picture });
      const { data: claimed } = gradient!;
      const largest = claimed.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      // Along the gradient, one channel at a time: there the loss changes enough to be seen in float32.
      for (const channel of [0, 1, 2]) {
        const direction = claimed.map((value, i) => (Math.floor(i / (35 * 43)) === channel ? value / largest : 0));
        const totalAt = async (step: number) => {
          const data = picture.data.map((value, i) => value + step * direction[i]!);
          return (await program.run({ ...given, image: { shape: picture.shape, data } })).total!.data[0]!;
        };
        const measured = ((await totalAt(step)) - (await totalAt(-step))) / (2 * step);
        const slope = claimed.reduce((sum, value, i) => sum + value * direction[i]!, 0);
        expect(Math.abs(slope - measured) / slope).toBeLessThan(0.02);
      }
      await program.close();
    },
  );
});
