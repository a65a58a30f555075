import { concat, leakyRelu, type Node, relu, tanh, upsampleNearest } from "../graph/index.js";
import type { UNetGeneratorArchitecture } from "./architecture.js";
import { GeneratorLayers } from "./generator-layers.js";
import type { Weights } from "./weights.js";

const SLOPE = 0.2;
const halving = { stride: 2, padding: 1 };

/**
 * The U-Net of pix2pix, with the tensor names of github.com/junyanz/pytorch-CycleGAN-and-pix2pix: levels nested in each
 * other, each halving the side, handing on what the level inside makes of that, and doubling it again.
 * @param x [1, 3, H, W], -1..1; height and width are multiples of 2 to the power of the number of levels.
 * @returns [1, 3, H, W], -1..1.
 * @throws AtelierError UNAVAILABLE for weights that are missing or of another shape.
 */
export function unetGenerator(x: Node, weights: Weights, architecture: UNetGeneratorArchitecture): Node {
  const layers = new GeneratorLayers(weights, architecture.norm);
  const [width = 0] = architecture.channels;
  const down = layers.convolution(x, "model.model.0", { inputs: 3, outputs: width, kernel: 4 }, halving);
  const inner = level(down, "model.model.1.model", 1, layers, architecture);
  return tanh(double(relu(inner), "model.model.3", { inputs: 2 * width, outputs: 3 }, layers, architecture));
}

/** Level `depth` from the outermost, 0; x with the level's result appended to its channels (the skip connection). */
function level(x: Node, name: string, depth: number, layers: GeneratorLayers, architecture: UNetGeneratorArchitecture): Node {
  const { channels } = architecture;
  const [outer, inner] = [channels[depth - 1] as number, channels[depth] as number];
  const down = layers.convolution(leakyRelu(x, { slope: SLOPE }), `${name}.1`, { inputs: outer, outputs: inner, kernel: 4 }, halving);
  const isInnermost = depth === channels.length - 1;
  const [inside, at] = isInnermost
    ? [down, 3]
    : [level(layers.normalise(down, `${name}.2`, inner), `${name}.3.model`, depth + 1, layers, architecture), 5];
  const up = double(relu(inside), `${name}.${at}`, { inputs: isInnermost ? inner : 2 * inner, outputs: outer }, layers, architecture);
  return concat(x, layers.normalise(up, `${name}.${at + 1}`, outer), { axis: 1 });
}

/** Nearest neighbours and a 3x3 convolution, nested one deeper in the names, or the original's transposed convolution. */
function double(
  x: Node,
  name: string,
  channels: { inputs: number; outputs: number },
  layers: GeneratorLayers,
  { upsampling }: UNetGeneratorArchitecture,
): Node {
  if (upsampling === "transposed") return layers.transposedConvolution(x, name, { ...channels, kernel: 4 }, halving);
  return layers.convolution(upsampleNearest(x, { size: 2 }), `${name}.1`, { ...channels, kernel: 3 }, { padding: 1 });
}
