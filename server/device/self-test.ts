import type { FeatureNetwork } from "../art/feature-network.js";
import { inputNames, objectiveGraph, outputNames, targetGraph } from "../art/losses.js";
import { openObjective } from "../art/objective.js";
import { type Engine, gradientName, type Program } from "../engine/engine.js";
import { unavailable } from "../errors.js";
import { constant, FREE, type Graph, input, type Node } from "../graph/node.js";
import {
  add,
  avgPool,
  concat,
  conv2d,
  convTranspose2d,
  instanceNorm,
  leakyRelu,
  maxPool,
  relu,
  tanh,
  upsampledConv2d,
} from "../graph/operators/index.js";
import { elementCount, scalar, type Tensor, tensor } from "../graph/tensor.js";
import type { SelfTestTimes } from "./messages.js";

/** Largest relative error of a loss, and of a gradient by its length. */
const MAX_RELATIVE_ERROR = 1e-3;
/** Largest mean difference of two generated pictures in -1..1: one of 255 levels. */
const MAX_PICTURE_ERROR = 2 / 255;
/** Timed runs of each engine. */
const RUNS = 3;
/** The device is timed once only if it takes this many times as long as the processor. */
const HOPELESS = 10;
/** Height and width of the picture, px. */
const [HEIGHT, WIDTH] = [72, 92];

/**
 * Computes a small loss, its gradient and a generator on a device and on the processor, and compares them.
 * @throws AtelierError UNAVAILABLE when the numbers differ; what the engines throw.
 */
export async function selfTest(device: Engine, processor: Engine): Promise<SelfTestTimes> {
  const objective = objectiveGraph(network, { content: ["conv3"], style: ["conv1", "conv2", "conv3"] });
  const inputs = { ...(await targets(processor)), ...weights, [inputNames.image]: picture(1) };
  const expected = await timed(processor, objective, inputs);
  const found = await timed(device, objective, inputs, HOPELESS * expected.ms);
  const names = [outputNames.total, outputNames.content, outputNames.style, outputNames.tv];
  for (const name of names) requireAlike(device, `the loss "${name}"`, relativeError(found.values[name]!, expected.values[name]!));
  const gradient = gradientName(inputNames.image);
  requireAlike(device, "the gradient", relativeError(found.values[gradient]!, expected.values[gradient]!));

  const [made, wanted] = [await generate(device), await generate(processor)];
  const apart = meanDifference(made, wanted);
  if (!(apart <= MAX_PICTURE_ERROR)) throw wrongNumbers(device, "a generated picture", `${(apart * 127.5).toFixed(1)} of 255 levels`);
  return { ms: found.ms, processorMs: expected.ms };
}

/** A narrow network in the manner of VGG-19, with weights from a formula. */
const network: FeatureNetwork = {
  id: "self-test",
  layers: ["conv1", "conv2", "conv3"],
  minimumSide: () => 4,
  features(image) {
    const conv1 = relu(conv2d(image, waves([32, 3, 3, 3], 2), waves([32], 3), { padding: 1 }));
    const conv2 = relu(conv2d(avgPool(conv1, { size: 2 }), waves([64, 32, 3, 3], 4), waves([64], 5), { padding: 1 }));
    const conv3 = relu(conv2d(maxPool(conv2, { size: 2 }), waves([128, 64, 3, 3], 6), waves([128], 7), { padding: 1 }));
    return { conv1, conv2, conv3 };
  },
};

const weights: Record<string, Tensor> = {
  [inputNames.alpha]: scalar(1),
  [inputNames.beta]: scalar(40),
  [inputNames.gamma]: scalar(0.2),
  [inputNames.contentWeight("conv3")]: scalar(1),
  ...Object.fromEntries(["conv1", "conv2", "conv3"].map((layer) => [inputNames.styleWeight(layer), scalar(1 / 3)])),
};

/** The operators of the bundled and the public generators in one small network. */
function generator(): Graph {
  const x = input("picture", [1, 3, FREE, FREE]);
  const normalised = (value: Node, channels: number) => instanceNorm(value, filled(channels, 1), filled(channels, 0), { epsilon: 1e-5 });
  const full = leakyRelu(normalised(conv2d(x, waves([16, 3, 7, 7], 8), null, { padding: 3, padMode: "reflect" }), 16), { slope: 0.2 });
  const half = relu(normalised(conv2d(full, waves([32, 16, 3, 3], 9), waves([32], 10), { stride: 2, padding: 1 }), 32));
  const residual = add(half, normalised(conv2d(half, waves([32, 32, 3, 3], 11), null, { padding: 1, padMode: "reflect" }), 32));
  const enlarged = upsampledConv2d(residual, waves([16, 32, 3, 3], 12), waves([16], 13), { padMode: "reflect" });
  const transposed = convTranspose2d(residual, waves([32, 16, 4, 4], 14), waves([16], 15), { stride: 2, padding: 1 });
  const both = normalised(concat(enlarged, transposed, { axis: 1 }), 32);
  return { made: tanh(conv2d(both, waves([3, 32, 7, 7], 16), null, { padding: 3, padMode: "reflect" })) };
}

async function targets(processor: Engine): Promise<Record<string, Tensor>> {
  const graph = targetGraph(network, { content: ["conv3"], style: ["conv1", "conv2", "conv3"] });
  return used(await processor.open(graph, { outputs: Object.keys(graph) }), (program) => program.run({ [inputNames.image]: picture(17) }));
}

/** What a graph returns, and its least time; after a run of more than `enoughMs` there is no other one. */
async function timed(engine: Engine, graph: Graph, inputs: Record<string, Tensor>, enoughMs = Number.POSITIVE_INFINITY) {
  return used(await openObjective(engine, graph), async (program) => {
    // The first run compiles.
    const values = await program.run(inputs);
    let ms = Number.POSITIVE_INFINITY;
    for (let run = 0; run < RUNS && (run === 0 || ms < enoughMs); run++) {
      const began = performance.now();
      await program.run(inputs);
      ms = Math.min(ms, performance.now() - began);
    }
    return { values, ms };
  });
}

async function generate(engine: Engine): Promise<Tensor> {
  const { made } = await used(await engine.open(generator(), { outputs: ["made"] }), (program) => program.run({ picture: picture(18) }));
  return made!;
}

async function used<Result>(program: Program, work: (program: Program) => Promise<Result>): Promise<Result> {
  try {
    return await work(program);
  } finally {
    await program.close();
  }
}

function requireAlike(device: Engine, what: string, error: number): void {
  // Written so that NaN is refused too.
  if (!(error <= MAX_RELATIVE_ERROR)) throw wrongNumbers(device, what, `${(error * 100).toPrecision(2)} %`);
}

function wrongNumbers(engine: Engine, what: string, difference: string) {
  return unavailable(
    `The device ${engine.device} (${engine.description}) computes wrong numbers: ${what} differs by ${difference} from the processor's. An update of its driver may help.`,
  );
}

/** Length of the difference over the length of `expected`. */
function relativeError(found: Tensor, expected: Tensor): number {
  let [difference, length] = [0, 0];
  expected.data.forEach((value, i) => {
    difference += (value - (found.data[i] ?? Number.NaN)) ** 2;
    length += value ** 2;
  });
  return Math.sqrt(difference / length);
}

function meanDifference(found: Tensor, expected: Tensor): number {
  return expected.data.reduce((sum, value, i) => sum + Math.abs(value - (found.data[i] ?? Number.NaN)), 0) / expected.data.length;
}

function picture(phase: number): Tensor {
  const shape = [1, 3, HEIGHT, WIDTH];
  return {
    shape,
    data: Float32Array.from({ length: elementCount(shape) }, (_, i) => 0.5 + 0.5 * Math.sin(i * 0.071 + i * i * 1e-5 + phase)),
  };
}

/** Weights of either sign, so small that values neither grow nor vanish from layer to layer. */
function waves(shape: readonly number[], phase: number): Node {
  const size = shape.length === 1 ? 0.1 : Math.sqrt(6 / (elementCount(shape) / shape[0]!));
  return constant(
    tensor(
      shape,
      Array.from({ length: elementCount(shape) }, (_, i) => size * Math.sin(i * 1.7 + i * i * 3e-4 + phase)),
    ),
  );
}

function filled(length: number, value: number): Node {
  return constant(tensor([length], new Array<number>(length).fill(value)));
}
