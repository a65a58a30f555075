import { constant, GraphError, type Node } from "../graph/node.js";
import { avgPool, conv2d, relu } from "../graph/operators/index.js";
import type { LiteConvolution, Vgg19LiteArchitecture } from "./architecture.js";
import { type NetworkWeights, weightOf } from "./safetensors.js";
import { type FeatureLayer, kernelForRgb, subtractImageNetMean } from "./vgg19.js";

/** One convolution of the trunk with its place in the network. */
interface TrunkLayer extends LiteConvolution {
  /** block{block}_conv{number within the block}, both from 1. */
  readonly name: string;
  readonly block: number;
  readonly inputChannels: number;
  readonly padding: "reflect" | "zeros";
}

/** The layers that the architecture has taps for, shallow to deep. */
export function vgg19LiteLayers(architecture: Vgg19LiteArchitecture): readonly FeatureLayer[] {
  return architecture.blocks.flatMap(({ convolutions }, block) => {
    // A mirrored border needs two rows.
    const needed = architecture.blocks.slice(0, block + 1).map(({ padding }, index) => 2 ** index * (padding === "reflect" ? 2 : 1));
    return convolutions.flatMap(({ tap }) => (tap ? [{ name: tap.layer, minimumSide: Math.max(...needed) }] : []));
  });
}

/**
 * Features of a picture at `layers`, by layer name. They predict VGG-19's features after relu, projected on their
 * leading principal components, as trained by models/training/vgg19_lite.py. Nothing deeper than the deepest of
 * `layers` is built.
 * @param x RGB, 0..1, [1, 3, H, W]; height and width at least the deepest layer's `minimumSide`.
 * @param weights block{b}_conv{n}.weight (OIHW) and .bias of the trunk, {layer}.weight (1x1) and .bias of the taps.
 * @returns nodes of [1, components, floor(H / 2^(block - 1)), floor(W / 2^(block - 1))].
 * @throws GraphError for a layer without a tap. AtelierError UNAVAILABLE for weights that are missing or have another
 * shape.
 */
export function vgg19Lite(
  x: Node,
  weights: NetworkWeights,
  architecture: Vgg19LiteArchitecture,
  layers: readonly string[],
): Record<string, Node> {
  const features: Record<string, Node> = {};
  let value = subtractImageNetMean(x);
  let block = 1;
  for (const layer of trunkUpTo(architecture, layers)) {
    if (layer.block > block) value = avgPool(value, { size: 2 });
    block = layer.block;
    value = relu(trunkConvolution(value, layer, weights));
    const { tap } = layer;
    if (tap && layers.includes(tap.layer)) {
      const weight = weightOf(weights, `${tap.layer}.weight`, [tap.components, layer.channels, 1, 1]);
      const bias = weightOf(weights, `${tap.layer}.bias`, [tap.components]);
      features[tap.layer] = conv2d(value, constant(weight), constant(bias));
    }
  }
  return features;
}

function trunkConvolution(x: Node, { name, channels, inputChannels, padding }: TrunkLayer, weights: NetworkWeights): Node {
  const weight = weightOf(weights, `${name}.weight`, [channels, inputChannels, 3, 3]);
  const bias = weightOf(weights, `${name}.bias`, [channels]);
  const kernel = name === "block1_conv1" ? kernelForRgb(weight) : weight;
  return conv2d(x, constant(kernel), constant(bias), { padding: 1, padMode: padding === "reflect" ? "reflect" : "zero" });
}

/** The convolutions down to the deepest tap of `layers`. @throws GraphError for a layer without a tap. */
function trunkUpTo(architecture: Vgg19LiteArchitecture, layers: readonly string[]): TrunkLayer[] {
  let inputChannels = 3;
  const trunk = architecture.blocks.flatMap(({ padding, convolutions }, index) =>
    convolutions.map((convolution, position): TrunkLayer => {
      const layer = { ...convolution, name: `block${index + 1}_conv${position + 1}`, block: index + 1, inputChannels, padding };
      inputChannels = convolution.channels;
      return layer;
    }),
  );
  const places = layers.map((name) => trunk.findIndex(({ tap }) => tap?.layer === name));
  const missing = places.indexOf(-1);
  if (missing >= 0) throw new GraphError(`the network has no layer "${layers[missing]}"`);
  return trunk.slice(0, Math.max(...places) + 1);
}
