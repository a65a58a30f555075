/**
 * The loss of Gatys, Ecker and Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks", as a graph:
 *
 *   J = alpha * content + beta * style + gamma * tv
 *
 * Departures: the paper divides each layer's squared distance by constants that depend on the layer's size. Here it is
 * divided by the squared length of its target: a term is 1 where nothing of the target is present, and one set of
 * weights works at every size and for every feature network. The paper has no total variation; that term follows
 * Johnson, Alahi and Fei-Fei 2016, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution".
 */
import { constant, FREE, type Graph, input, type Node } from "../graph/node.js";
import {
  abs,
  add,
  count,
  matmul,
  mul,
  reciprocal,
  reduceMean,
  reduceSum,
  reshape,
  slice,
  sub,
  transpose,
} from "../graph/operators/index.js";
import { scalar } from "../graph/tensor.js";
import type { FeatureNetwork } from "./feature-network.js";

/** The layers that an objective compares. */
export interface ObjectiveLayers {
  content: readonly string[];
  style: readonly string[];
}

/**
 * Names of the graph's inputs. `image` is 1 x 3 x H x W, a content target 1 x C x H' x W', a style target C x C, and
 * all others are scalars. The weights of a term's layers are shares that add up to 1.
 */
export const inputNames = {
  image: "image",
  alpha: "alpha",
  beta: "beta",
  gamma: "gamma",
  contentTarget: (layer: string) => `content.target.${layer}`,
  contentWeight: (layer: string) => `content.weight.${layer}`,
  styleTarget: (layer: string) => `style.target.${layer}`,
  styleWeight: (layer: string) => `style.weight.${layer}`,
};

/** Names of the graph's outputs, all scalars. */
export const outputNames = {
  total: "total",
  content: "content",
  style: "style",
  tv: "tv",
  contentLayer: (layer: string) => `content.${layer}`,
  styleLayer: (layer: string) => `style.${layer}`,
};

/** The image that is optimised: 1 x 3 x H x W, RGB 0..1. */
export function imageInput(): Node {
  return input(inputNames.image, [1, 3, FREE, FREE]);
}

/** The graph of J, of its terms and of each layer's distance. All but the network's weights are inputs. */
export function objectiveGraph(network: FeatureNetwork, layers: ObjectiveLayers): Graph {
  const image = imageInput();
  const features = network.features(image, [...new Set([...layers.content, ...layers.style])]);
  const graph: Record<string, Node> = {};

  const content = layers.content.map((layer) => {
    const feature = features[layer]!;
    const loss = relativeDistance(feature, input(inputNames.contentTarget(layer), feature.shape));
    graph[outputNames.contentLayer(layer)] = loss;
    return mul(input(inputNames.contentWeight(layer), []), loss);
  });
  const style = layers.style.map((layer) => {
    const gram = gramMatrix(features[layer]!);
    const loss = relativeDistance(gram, input(inputNames.styleTarget(layer), gram.shape));
    graph[outputNames.styleLayer(layer)] = loss;
    return mul(input(inputNames.styleWeight(layer), []), loss);
  });
  const terms = { content: content.reduce(add), style: style.reduce(add), tv: totalVariation(image) };
  const total = add(
    add(mul(input(inputNames.alpha, []), terms.content), mul(input(inputNames.beta, []), terms.style)),
    mul(input(inputNames.gamma, []), terms.tv),
  );
  return { ...graph, ...terms, [outputNames.total]: total };
}

/**
 * The graph that measures a picture as a target: its features at `layers.content` and its Gram matrices at
 * `layers.style`, under the names that `objectiveGraph` takes as inputs.
 */
export function targetGraph(network: FeatureNetwork, layers: ObjectiveLayers): Graph {
  const features = network.features(imageInput(), [...new Set([...layers.content, ...layers.style])]);
  return Object.fromEntries([
    ...layers.content.map((layer) => [inputNames.contentTarget(layer), features[layer]!]),
    ...layers.style.map((layer) => [inputNames.styleTarget(layer), gramMatrix(features[layer]!)]),
  ]);
}

/** Gram matrix (C x C) of features (1 x C x H x W): channel correlations summed over positions, divided by H * W. */
export function gramMatrix(features: Node): Node {
  const channels = features.shape[1]!;
  const rows = reshape(features, [channels === FREE ? 0 : channels, -1]);
  return mul(matmul(rows, transpose(rows, [1, 0])), reciprocal(count(features, [2, 3])));
}

/** Keeps the relative distance finite where the target is zero, such as features of a black picture. */
const SMALLEST_ENERGY = 1e-6;

/** |value - target|^2 / (|target|^2 + 1e-6), a scalar, for tensors of equal shape. */
export function relativeDistance(value: Node, target: Node): Node {
  const distance = sub(value, target);
  const energy = add(reduceSum(mul(target, target), "all"), constant(scalar(SMALLEST_ENERGY)));
  return mul(reduceSum(mul(distance, distance), "all"), reciprocal(energy));
}

/**
 * Anisotropic total variation of an image (1 x 3 x H x W), a scalar: the mean absolute difference of vertical
 * neighbours plus that of horizontal ones. It is a mean, not a sum, so that its weight does not depend on the size.
 */
export function totalVariation(image: Node): Node {
  const along = (axis: number) => reduceMean(abs(sub(slice(image, { axis, start: 1 }), slice(image, { axis, start: 0, end: -1 }))), "all");
  return add(along(2), along(3));
}
