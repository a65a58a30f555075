import type { FeatureNetwork } from "../server/art/feature-network.js";
import { inputNames, objectiveGraph, outputNames, targetGraph } from "../server/art/losses.js";
import { type ConvolutionMethod, type Engine, gradientName } from "../server/engine/engine.js";
import { scalar, type Tensor, tensor } from "../server/graph/tensor.js";
import { newConvolutions } from "../server/records/convolutions.js";

/** Layers, weights and pictures of the benchmark; loss_gradient_torch.py repeats them. */
const layers = { content: ["conv4_2"], style: ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"] };
const termWeights = { alpha: 1, beta: 100, gamma: 0.02 };
const pictures = { content: [0.11, 0.07], style: [0.31, 0.17], image: [0.23, 0.05] } as const;

/** One evaluation, as every compared program reports it. */
export interface Evaluated {
  ms: number;
  /** J. */
  total: number;
  /** Euclidean length of the gradient of J with respect to the image. */
  norm: number;
}

/** 0.5 + 0.5 sin(channel + rowStep row + columnStep column), [1, 3, size, size]. */
function waves(size: number, [rowStep, columnStep]: readonly [number, number]): Tensor {
  const data = Float32Array.from({ length: 3 * size * size }, (_, i) => {
    const [channel, row, column] = [Math.floor(i / (size * size)), Math.floor(i / size) % size, i % size];
    return 0.5 + 0.5 * Math.sin(channel + rowStep * row + columnStep * column);
  });
  return tensor([1, 3, size, size], data);
}

/** Euclidean length. */
function lengthOf(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

/** Opens the objective of style transfer with `network` on `engine`, and returns a function that evaluates it once. */
export async function openScene(
  engine: Engine,
  network: FeatureNetwork,
  size: number,
  convolutions: ConvolutionMethod = newConvolutions,
): Promise<() => Promise<Evaluated>> {
  const measured = targetGraph(network, layers);
  const targetProgram = await engine.open(measured, { outputs: Object.keys(measured) });
  const content = await targetProgram.run({ [inputNames.image]: waves(size, pictures.content) });
  const style = await targetProgram.run({ [inputNames.image]: waves(size, pictures.style) });
  await targetProgram.close();

  const graph = objectiveGraph(network, layers);
  const gradient = { of: outputNames.total, towards: [inputNames.image] };
  const program = await engine.open(graph, { outputs: Object.keys(graph), gradient, convolutions });
  const inputs: Record<string, Tensor> = { [inputNames.image]: waves(size, pictures.image) };
  for (const [name, value] of Object.entries(termWeights)) inputs[name] = scalar(value);
  for (const layer of layers.content) {
    inputs[inputNames.contentTarget(layer)] = content[inputNames.contentTarget(layer)]!;
    inputs[inputNames.contentWeight(layer)] = scalar(1 / layers.content.length);
  }
  for (const layer of layers.style) {
    inputs[inputNames.styleTarget(layer)] = style[inputNames.styleTarget(layer)]!;
    inputs[inputNames.styleWeight(layer)] = scalar(1 / layers.style.length);
  }
  return async () => {
    const start = performance.now();
    const results = await program.run(inputs);
    const ms = performance.now() - start;
    const towardsImage = results[gradientName(inputNames.image)]!;
    return { ms, total: results[outputNames.total]!.data[0]!, norm: lengthOf(towardsImage.data) };
  };
}
