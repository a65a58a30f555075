import { constant, GraphError, type Node } from "../graph/node.js";
import { avgPool, conv2d, maxPool, relu, sub } from "../graph/operators/index.js";
import { type Tensor, tensor } from "../graph/tensor.js";
import { type NetworkWeights, readSafetensors, weightOf } from "./safetensors.js";

/**
 * Convolutions of VGG-19, configuration E of Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale
 * Image Recognition" (2015): blocks of 3x3 convolutions with equally many output channels, a 2x2 pool between blocks.
 */
const blocks = [
  { convolutions: 2, channels: 64 },
  { convolutions: 2, channels: 128 },
  { convolutions: 4, channels: 256 },
  { convolutions: 4, channels: 512 },
  { convolutions: 4, channels: 512 },
] as const;

/** Mean of ImageNet's pictures, RGB, 0..255. */
const meanRgb = [123.68, 116.779, 103.939];

/** A layer whose features losses can be measured at. */
export interface FeatureLayer {
  /** conv{block}_{number within the block}, both from 1. */
  readonly name: string;
  /** Shortest side of a picture for which the layer has a value, px. */
  readonly minimumSide: number;
}

/** One convolution of VGG-19. */
export interface Vgg19Layer extends FeatureLayer {
  readonly block: number;
  readonly inputChannels: number;
  readonly channels: number;
}

/** conv1_1 to conv5_4, shallow to deep. */
export const vgg19Layers: readonly Vgg19Layer[] = blocks.flatMap(({ convolutions, channels }, index) =>
  Array.from({ length: convolutions }, (_, position) => ({
    name: `conv${index + 1}_${position + 1}`,
    block: index + 1,
    inputChannels: position > 0 ? channels : (blocks[index - 1]?.channels ?? 3),
    channels,
    minimumSide: 2 ** index,
  })),
);

/** The layers from conv1_1 to `name`. @throws GraphError for a name that VGG-19 lacks. */
function vgg19LayersUpTo(name: string): readonly Vgg19Layer[] {
  const last = vgg19Layers.findIndex((layer) => layer.name === name);
  if (last < 0) throw new GraphError(`VGG-19 has no layer "${name}"`);
  return vgg19Layers.slice(0, last + 1);
}

/**
 * Reads the weights of conv1_1 to `upTo` from a safetensors file, in Caffe's convention: conv1_1.weight (OIHW, BGR, for
 * values of 0..255), conv1_1.bias. @throws AtelierError UNAVAILABLE when the file cannot be used.
 */
export function readVgg19(path: string, upTo: string): Promise<NetworkWeights> {
  return readSafetensors(
    path,
    vgg19LayersUpTo(upTo).flatMap(({ name }) => [`${name}.weight`, `${name}.bias`]),
  );
}

export interface Vgg19Options {
  /** Gatys et al. replace the network's max pooling by averages. */
  pooling: "average" | "max";
  /** The deepest layer that is built. */
  upTo: string;
}

/**
 * Features of a picture after each relu, by layer name (conv1_1 ...), down to `upTo`.
 * @param x RGB, 0..1, [1, 3, H, W]; height and width at least the deepest layer's `minimumSide`.
 * @returns nodes of [1, channels, floor(H / 2^(block - 1)), floor(W / 2^(block - 1))].
 * @throws GraphError for an unknown layer. AtelierError UNAVAILABLE for weights that are missing or have another shape.
 */
export function vgg19(x: Node, weights: NetworkWeights, { pooling, upTo }: Vgg19Options): Record<string, Node> {
  const pool = pooling === "average" ? avgPool : maxPool;
  const features: Record<string, Node> = {};
  // The network pads with zeros after the mean is subtracted, so the mean cannot be folded into a bias.
  let value = subtractImageNetMean(x);
  let block = 1;
  for (const layer of vgg19LayersUpTo(upTo)) {
    if (layer.block > block) value = pool(value, { size: 2 });
    block = layer.block;
    const weight = weightOf(weights, `${layer.name}.weight`, [layer.channels, layer.inputChannels, 3, 3]);
    const bias = weightOf(weights, `${layer.name}.bias`, [layer.channels]);
    const kernel = layer === vgg19Layers[0] ? kernelForRgb(weight) : weight;
    value = relu(conv2d(value, constant(kernel), constant(bias), { padding: 1 }));
    features[layer.name] = value;
  }
  return features;
}

/**
 * Input of a network with Caffe's conventions. Scale and channel order stay; `kernelForRgb` adapts the first kernel to
 * them.
 * @param x RGB, 0..1, [1, 3, H, W].
 */
export function subtractImageNetMean(x: Node): Node {
  const mean = meanRgb.map((value) => value / 255);
  return sub(x, constant(tensor([1, 3, 1, 1], mean)));
}

/** Converts a first kernel (OIHW) for BGR of 0..255 into one for RGB of 0..1. */
export function kernelForRgb({ shape, data }: Tensor): Tensor {
  const [, channels = 0, height = 0, width = 0] = shape;
  const plane = height * width;
  const swapped = data.map((_, offset) => {
    const channel = Math.floor(offset / plane) % channels;
    return 255 * data[offset + (channels - 1 - 2 * channel) * plane]!;
  });
  return { shape, data: swapped };
}
