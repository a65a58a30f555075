import { expect, onTestFinished, test } from "vitest";
import type { Engine } from "../../server/engine/engine.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { onCpu } from "../../server/engine/onnx-providers.js";
import { ReferenceEngine } from "../../server/engine/reference.js";
import { constant, FREE, type Graph, input } from "../../server/graph/node.js";
import { add, avgPool, conv2d, mul, reduceSum, relu } from "../../server/graph/operators/index.js";
import { whereFaster } from "../../server/graph/winograd.js";
import { expectClose } from "../helpers/gradient-check.js";
import { randomTensor } from "../helpers/random.js";
import { WinogradEngine } from "../helpers/winograd.js";

const wanted = { outputs: ["loss", "features"], gradient: { of: "loss", towards: ["image"] } };

/** Two layers of 3 x 3 values, and a layer each that Winograd's method leaves alone. */
function network(channels = 4): Graph {
  const weight = (seed: number, shape: number[]) => constant(randomTensor(shape, seed));
  const image = input("image", [1, 3, FREE, FREE]);
  const first = relu(conv2d(image, weight(1, [channels, 3, 3, 3]), weight(2, [channels]), { padding: 1 }));
  const grouped = relu(conv2d(first, weight(3, [channels, 2, 3, 3]), null, { padding: 1, groups: channels / 2 }));
  const second = relu(conv2d(grouped, weight(4, [channels, channels, 3, 3]), weight(5, [channels]), { padding: 2 }));
  const wide = conv2d(second, weight(6, [channels, channels, 5, 5]), null, { padding: 2 });
  const features = relu(conv2d(avgPool(wide, { size: 2 }), weight(7, [channels, channels, 3, 3]), null, { padding: 1, stride: 2 }));
  return { features, loss: add(reduceSum(mul(features, features), "all"), reduceSum(mul(second, second), "all")) };
}

async function run(engine: Engine, graph: Graph, height: number, width: number) {
  onTestFinished(() => engine.close());
  const program = await engine.open(graph, wanted);
  return program.run({ image: randomTensor([1, 3, height, width], height * 100 + width) });
}

const sizes = [
  [1, 1],
  [1, 64],
  [64, 1],
  [2, 3],
  [3, 2],
  [4, 4],
  [5, 7],
  [6, 61],
  [8, 8],
  [9, 9],
  [31, 33],
  [63, 62],
] as const;

test.each(sizes)("a picture of %i x %i has the features and the gradient of direct convolutions", async (height, width) => {
  const results = await run(new WinogradEngine(2), network(), height, width);
  const expected = await run(new ReferenceEngine(), network(), height, width);
  for (const [name, value] of Object.entries(expected)) expectClose(results[name]!, value, name, 3e-5);
});

test("the same picture has the same bytes on one thread and on two, and after other sizes", async () => {
  const [one, two] = [new WinogradEngine(1), new WinogradEngine(2)];
  onTestFinished(async () => void (await Promise.all([one.close(), two.close()])));
  const image = randomTensor([1, 3, 37, 50], 8);
  const [first, second] = [await one.open(network(16), wanted), await two.open(network(16), wanted)];
  const expected = await first.run({ image });
  await second.run({ image: randomTensor([1, 3, 20, 21], 9) });
  expect(await second.run({ image })).toEqual(expected);
});

test("the rule leaves thin and small convolutions alone, whose results have the bytes of direct ones", async () => {
  const request = { ...wanted, convolutions: "WINOGRAD_4" } as const;
  const engine = new OnnxEngine(onCpu(2));
  onTestFinished(() => engine.close());
  const image = randomTensor([1, 3, 24, 24], 1);
  const program = await engine.open(network(16), request);
  expect(await program.run({ image })).toEqual(await (await engine.open(network(16), wanted)).run({ image }));
});

test.each([
  { channels: [512, 512], tiles: 64, faster: true },
  { channels: [512, 512], tiles: 16, faster: false },
  { channels: [128, 128], tiles: 1024, faster: true },
  { channels: [128, 128], tiles: 64, faster: false },
  { channels: [128, 128], tiles: 4096, faster: false },
  { channels: [256, 128], tiles: 4096, faster: true },
  { channels: [64, 64], tiles: 1024, faster: false },
] as const)("$channels channels and $tiles tiles: $faster", ({ channels, tiles, faster }) => {
  // Pictures of recorded sessions depend on it: a rule with other answers needs a name of its own.
  expect(whereFaster({ channels, tiles })).toBe(faster);
});

test("the weights of Winograd's method take four times the memory, once for the features and once for the gradient", () => {
  const engine = new OnnxEngine(onCpu(2, () => true));
  const request = { ...wanted, convolutions: "WINOGRAD_4" } as const;
  expect(engine.winogradByteLength?.(network(16), request)).toBe(4 * 36 * (2 * 16 * 3 + 2 * 16 * 16));
  expect(new OnnxEngine(onCpu(2)).winogradByteLength?.(network(16), request)).toBe(0);
});
