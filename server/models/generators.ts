/**
 * Generators as graphs, with the tensor names of github.com/junyanz/pytorch-CycleGAN-and-pix2pix. Both take and return
 * [1, 3, H, W] of -1..1, RGB.
 */
import { FREE, input, type Node } from "../graph/node.js";
import { add, concat, leakyRelu, relu, tanh } from "../graph/operators/index.js";
import type { GeneratorArchitecture, ResNetGeneratorArchitecture, UNetGeneratorArchitecture } from "./architecture.js";
import { GeneratorLayers } from "./generator-layers.js";
import { type NetworkWeights, readSafetensors } from "./safetensors.js";

/** A network that turns one picture into another of the same size. */
export interface Generator {
  /**
   * @param x [1, 3, H, W] in -1..1, RGB; sides as `sideMultiple` and `minimumSide` of the architecture require.
   * @returns [1, 3, H, W], -1..1.
   */
  apply(x: Node): Node;
}

/**
 * Opens a generator's safetensors file.
 * @throws AtelierError UNAVAILABLE when it cannot be read or its weights do not fit the architecture.
 */
export async function openGenerator(path: string, architecture: GeneratorArchitecture): Promise<Generator> {
  const generator = generatorFromWeights(await readSafetensors(path), architecture);
  // Built once and discarded, so that weights that do not fit are refused here.
  generator.apply(input("x", [1, 3, FREE, FREE]));
  return generator;
}

/** The generator with these weights. `apply` throws AtelierError UNAVAILABLE when they do not fit. */
export function generatorFromWeights(weights: NetworkWeights, architecture: GeneratorArchitecture): Generator {
  if (architecture.family === "resnet-generator") return { apply: (x) => resnetGenerator(x, weights, architecture) };
  return { apply: (x) => unetGenerator(x, weights, architecture) };
}

/** Index of the first residual block in `model`: a border, then three times convolution, norm and relu come before. */
const FIRST_BLOCK = 10;

/**
 * The residual generator of CycleGAN.
 * @param x height and width are multiples of 4 and at least 8.
 */
function resnetGenerator(x: Node, weights: NetworkWeights, architecture: ResNetGeneratorArchitecture): Node {
  const { channels, blocks } = architecture;
  const [full, half, quarter] = channels;
  const layers = new GeneratorLayers(weights, architecture);
  const normalised = (value: Node, index: number, width: number) => relu(layers.normalise(value, `model.${index}`, width));

  let value = layers.convolution(x, "model.1", { inputs: 3, outputs: full, kernel: 7 }, { padding: 3, padMode: "reflect" });
  value = normalised(value, 2, full);
  value = layers.convolution(value, "model.4", { inputs: full, outputs: half, kernel: 3 }, { stride: 2, padding: 1 });
  value = normalised(value, 5, half);
  value = layers.convolution(value, "model.7", { inputs: half, outputs: quarter, kernel: 3 }, { stride: 2, padding: 1 });
  value = normalised(value, 8, quarter);
  for (let block = 0; block < blocks; block++) {
    value = add(value, residual(value, `model.${FIRST_BLOCK + block}.conv_block`, layers, architecture));
  }
  let index = FIRST_BLOCK + blocks;
  for (const [inputs, outputs] of [
    [quarter, half],
    [half, full],
  ] as const) {
    // Nearest: upsampling, border, convolution, norm, relu. The original: transposed convolution, norm, relu.
    const isNearest = architecture.upsampling === "nearest";
    const at = isNearest ? index + 2 : index;
    value = isNearest
      ? layers.upsampledConvolution(value, `model.${at}`, { inputs, outputs }, "reflect")
      : layers.transposedConvolution(value, `model.${at}`, { inputs, outputs, kernel: 3 }, { stride: 2, padding: 1, outputPadding: 1 });
    value = normalised(value, at + 1, outputs);
    index = at + 3;
  }
  const last = { inputs: full, outputs: 3, kernel: 7 };
  return tanh(layers.convolution(value, `model.${index + 1}`, last, { padding: 3, padMode: "reflect" }));
}

/** Border, convolution, norm, relu, (dropout,) border, convolution, norm. */
function residual(x: Node, name: string, layers: GeneratorLayers, { channels, separable, dropout }: ResNetGeneratorArchitecture): Node {
  const [, , width] = channels;
  const half = (value: Node, index: number) => {
    const at = `${name}.${index}`;
    const convolved = separable ? separableConvolution(value, `${at}.conv`, width, layers) : plainConvolution(value, at, width, layers);
    return layers.normalise(convolved, `${name}.${index + 1}`, width);
  };
  return half(relu(half(x, 1)), dropout ? 6 : 5);
}

function plainConvolution(x: Node, name: string, width: number, layers: GeneratorLayers): Node {
  return layers.convolution(x, name, { inputs: width, outputs: width, kernel: 3 }, { padding: 1, padMode: "reflect" });
}

/** Depthwise convolution, norm, 1x1 convolution. */
function separableConvolution(x: Node, name: string, width: number, layers: GeneratorLayers): Node {
  const channels = { inputs: width, outputs: width };
  const options = { padding: 1, padMode: "reflect", groups: width } as const;
  const depthwise = layers.convolution(x, `${name}.0`, { ...channels, kernel: 3 }, options);
  return layers.convolution(layers.normalise(depthwise, `${name}.1`, width), `${name}.2`, { ...channels, kernel: 1 });
}

const LEAKY_SLOPE = 0.2;
const halving = { stride: 2, padding: 1 };

/**
 * The U-Net of pix2pix: nested levels. Each halves the side, passes the result to the level inside, and doubles what
 * that level returns.
 * @param x height and width are multiples of 2 to the power of the number of levels.
 */
function unetGenerator(x: Node, weights: NetworkWeights, architecture: UNetGeneratorArchitecture): Node {
  const layers = new GeneratorLayers(weights, architecture);
  const [width = 0] = architecture.channels;
  const down = layers.convolution(x, "model.model.0", { inputs: 3, outputs: width, kernel: 4 }, halving);
  const inner = unetLevel(down, "model.model.1.model", 1, layers, architecture);
  return tanh(doubled(relu(inner), "model.model.3", { inputs: 2 * width, outputs: 3 }, layers, architecture));
}

/**
 * Level `depth`, where the outermost is 0. Returns x with the level's result appended to its channels (the skip
 * connection).
 */
function unetLevel(x: Node, name: string, depth: number, layers: GeneratorLayers, architecture: UNetGeneratorArchitecture): Node {
  const { channels } = architecture;
  const [outer, inner] = [channels[depth - 1]!, channels[depth]!];
  const kernel = { inputs: outer, outputs: inner, kernel: 4 };
  const down = layers.convolution(leakyRelu(x, { slope: LEAKY_SLOPE }), `${name}.1`, kernel, halving);
  const isInnermost = depth === channels.length - 1;
  const [inside, at] = isInnermost
    ? [down, 3]
    : [unetLevel(layers.normalise(down, `${name}.2`, inner), `${name}.3.model`, depth + 1, layers, architecture), 5];
  const up = doubled(relu(inside), `${name}.${at}`, { inputs: isInnermost ? inner : 2 * inner, outputs: outer }, layers, architecture);
  return concat(x, layers.normalise(up, `${name}.${at + 1}`, outer), { axis: 1 });
}

/**
 * Twice the side, by nearest neighbours and a 3x3 convolution (nested one deeper in the names), or by the original's
 * transposed convolution.
 */
function doubled(
  x: Node,
  name: string,
  channels: { inputs: number; outputs: number },
  layers: GeneratorLayers,
  { upsampling }: UNetGeneratorArchitecture,
): Node {
  if (upsampling === "transposed") return layers.transposedConvolution(x, name, { ...channels, kernel: 4 }, halving);
  return layers.upsampledConvolution(x, `${name}.1`, channels, "zero");
}
