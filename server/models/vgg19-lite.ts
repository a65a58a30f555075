import { avgPool, constant, conv2d, GraphError, type Node, relu } from "../graph/index.js";
import type { LiteConvolution, Vgg19LiteArchitecture } from "./architecture.js";
import { centred, kernelForRgb } from "./caffe-input.js";
import type { FeatureLayer } from "./vgg19.js";
import { convolutionOf, type Weights, weightOf } from "./weights.js";

const FIRST = "block1_conv1";

/** One convolution of the trunk with where it stands. */
interface Place extends LiteConvolution {
  readonly name: string;
  readonly block: number;
  readonly inputChannels: number;
  readonly padding: "reflect" | "zeros";
}

/** The layers that the architecture has taps for, shallow to deep. */
export function vgg19LiteLayers(architecture: Vgg19LiteArchitecture): readonly FeatureLayer[] {
  return architecture.blocks.flatMap(({ convolutions }, block) => {
    // Two rows are needed where a border is mirrored.
    const needed = architecture.blocks.slice(0, block + 1).map(({ padding }, index) => 2 ** index * (padding === "reflect" ? 2 : 1));
    return convolutions.flatMap(({ tap }) => (tap ? [{ name: tap.layer, minimumSize: Math.max(...needed) }] : []));
  });
}

/**
 * Features of a picture at `layers`, by layer name: those of VGG-19 after relu in their leading principal components, as
 * models/training/vgg19_lite.py trained it to predict them. Nothing behind the deepest of `layers` is built.
 * @param x RGB, 0..1, [1, 3, H, W]; height and width at least the deepest layer's `minimumSize`.
 * @param weights block{b}_conv{n}.weight (OIHW) and .bias of the trunk, {layer}.weight (1x1) and .bias of the taps.
 * @returns nodes of [1, components, floor(H / 2^(block - 1)), floor(W / 2^(block - 1))].
 * @throws GraphError for a layer without a tap. AtelierError UNAVAILABLE for weights that are missing or of another shape.
 */
export function vgg19Lite(x: Node, weights: Weights, architecture: Vgg19LiteArchitecture, layers: readonly string[]): Record<string, Node> {
  const features: Record<string, Node> = {};
  let value = centred(x);
  let block = 1;
  for (const place of placesUpTo(architecture, layers)) {
    if (place.block > block) value = avgPool(value, { size: 2 });
    block = place.block;
    value = relu(trunk(value, place, weights));
    const { tap } = place;
    if (tap && layers.includes(tap.layer)) {
      features[tap.layer] = conv2d(value, ...convolutionOf(weights, tap.layer, tap.components, place.channels, 1));
    }
  }
  return features;
}

function trunk(value: Node, { name, channels, inputChannels, padding }: Place, weights: Weights): Node {
  const weight = weightOf(weights, `${name}.weight`, [channels, inputChannels, 3, 3]);
  const bias = weightOf(weights, `${name}.bias`, [channels]);
  const isFirst = name === FIRST;
  return conv2d(value, constant(isFirst ? kernelForRgb(weight) : weight), constant(bias), {
    padding: 1,
    padMode: padding === "reflect" ? "reflect" : "zero",
  });
}

function placesUpTo(architecture: Vgg19LiteArchitecture, layers: readonly string[]): Place[] {
  let inputChannels = 3;
  const places = architecture.blocks.flatMap(({ padding, convolutions }, index) =>
    convolutions.map((convolution, position): Place => {
      const place = { ...convolution, name: `block${index + 1}_conv${position + 1}`, block: index + 1, inputChannels, padding };
      inputChannels = convolution.channels;
      return place;
    }),
  );
  const wanted = layers.map((layer) => places.findIndex(({ tap }) => tap?.layer === layer));
  const missing = wanted.indexOf(-1);
  if (missing >= 0) throw new GraphError(`the network has no layer "${layers[missing]}"`);
  return places.slice(0, Math.max(...wanted) + 1);
}
