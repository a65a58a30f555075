import {
  add,
  type Conv2dOptions,
  type ConvTranspose2dOptions,
  constant,
  conv2d,
  convTranspose2d,
  instanceNorm,
  mul,
  type Node,
  tensor,
} from "../graph/index.js";
import type { Normalisation } from "./architecture.js";
import { type NetworkWeights, weightOf } from "./safetensors.js";

/** PyTorch's default for both kinds of normalisation. */
const EPSILON = 1e-5;

/** Channels and size of a square kernel. */
interface Kernel {
  inputs: number;
  outputs: number;
  kernel: number;
}

/**
 * Builds the layers of a generator from its weights, by the names of their tensors.
 * All methods throw AtelierError UNAVAILABLE for weights that are missing or have another shape.
 */
export class GeneratorLayers {
  constructor(
    private readonly weights: NetworkWeights,
    private readonly norm: Normalisation,
  ) {}

  convolution(x: Node, name: string, { inputs, outputs, kernel }: Kernel, options: Conv2dOptions = {}): Node {
    const weight = this.constant(`${name}.weight`, [outputs, inputs / (options.groups ?? 1), kernel, kernel]);
    return conv2d(x, weight, this.bias(name, outputs), options);
  }

  transposedConvolution(x: Node, name: string, { inputs, outputs, kernel }: Kernel, options: ConvTranspose2dOptions): Node {
    const weight = this.constant(`${name}.weight`, [inputs, outputs, kernel, kernel]);
    return convTranspose2d(x, weight, this.bias(name, outputs), options);
  }

  /**
   * Instance norm has no weights. Batch norm is frozen: the statistics of training are folded into a factor and an
   * offset for each channel (Ioffe, Szegedy 2015, at inference).
   */
  normalise(x: Node, name: string, channels: number): Node {
    const all = (value: number) => constant(tensor([channels], new Float32Array(channels).fill(value)));
    if (this.norm === "instance") return instanceNorm(x, all(1), all(0), { epsilon: EPSILON });
    const part = (which: string) => weightOf(this.weights, `${name}.${which}`, [channels]).data;
    const [weight, bias, mean, variance] = [part("weight"), part("bias"), part("running_mean"), part("running_var")];
    const factor = weight.map((value, i) => value / Math.sqrt(variance[i]! + EPSILON));
    const offset = bias.map((value, i) => value - mean[i]! * factor[i]!);
    const perChannel = (data: Float32Array) => constant(tensor([1, channels, 1, 1], data));
    return add(mul(x, perChannel(factor)), perChannel(offset));
  }

  /** The original code leaves out biases that batch norm would cancel. */
  private bias(name: string, outputs: number): Node | null {
    if (this.norm === "batch" && !Object.hasOwn(this.weights, `${name}.bias`)) return null;
    return this.constant(`${name}.bias`, [outputs]);
  }

  private constant(name: string, shape: readonly number[]): Node {
    return constant(weightOf(this.weights, name, shape));
  }
}
