import { add, type Node, relu, tanh, upsampleNearest } from "../graph/index.js";
import type { ResNetGeneratorArchitecture } from "./architecture.js";
import { GeneratorLayers } from "./generator-layers.js";
import type { Weights } from "./weights.js";

/** Places of the residual blocks in the nn.Sequential `model`, which begins with three convolutions, norms and relus. */
const FIRST_BLOCK = 10;

/**
 * The residual generator of CycleGAN, with the tensor names of github.com/junyanz/pytorch-CycleGAN-and-pix2pix.
 * @param x [1, 3, H, W], -1..1; height and width are multiples of 4 and at least 8.
 * @returns [1, 3, H, W], -1..1.
 * @throws AtelierError UNAVAILABLE for weights that are missing or of another shape.
 */
export function resnetGenerator(x: Node, weights: Weights, architecture: ResNetGeneratorArchitecture): Node {
  const { channels, blocks, norm } = architecture;
  const [full, half, quarter] = channels;
  const layers = new GeneratorLayers(weights, norm);
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
    // Nearest neighbours: up-sampling, border, convolution, norm, relu; the original: transposed convolution, norm, relu.
    const isNearest = architecture.upsampling === "nearest";
    const at = isNearest ? index + 2 : index;
    const kernel = { inputs, outputs, kernel: 3 };
    value = isNearest
      ? layers.convolution(upsampleNearest(value, { size: 2 }), `model.${at}`, kernel, { padding: 1, padMode: "reflect" })
      : layers.transposedConvolution(value, `model.${at}`, kernel, { stride: 2, padding: 1, outputPadding: 1 });
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
    const convolved = separable ? separableConvolution(value, `${at}.conv`, width, layers) : square(value, at, width, layers);
    return layers.normalise(convolved, `${name}.${index + 1}`, width);
  };
  return half(relu(half(x, 1)), dropout ? 6 : 5);
}

function square(x: Node, name: string, width: number, layers: GeneratorLayers): Node {
  return layers.convolution(x, name, { inputs: width, outputs: width, kernel: 3 }, { padding: 1, padMode: "reflect" });
}

/** Depthwise convolution, norm, 1x1 convolution. */
function separableConvolution(x: Node, name: string, width: number, layers: GeneratorLayers): Node {
  const channels = { inputs: width, outputs: width };
  const options = { padding: 1, padMode: "reflect", groups: width } as const;
  const depthwise = layers.convolution(x, `${name}.0`, { ...channels, kernel: 3 }, options);
  return layers.convolution(layers.normalise(depthwise, `${name}.1`, width), `${name}.2`, { ...channels, kernel: 1 });
}
