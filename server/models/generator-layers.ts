import { constant, type Node } from "../graph/node.js";
import {
  add,
  type Conv2dOptions,
  type ConvTranspose2dOptions,
  conv2d,
  convTranspose2d,
  instanceNorm,
  mul,
  upsampledConv2d,
} from "../graph/operators/index.js";
import { tensor } from "../graph/tensor.js";
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
    private readonly normalisation: Normalisation,
  ) {}

  convolution(x: Node, name: string, { inputs, outputs, kernel }: Kernel, options: Conv2dOptions = {}): Node {
    const weight = this.constant(`${name}.weight`, [outputs, inputs / (options.groups ?? 1), kernel, kernel]);
    return conv2d(x, weight, this.bias(name, outputs), options);
  }

  /** A 3x3 convolution of x, twice as large by nearest neighbours. */
  upsampledConvolution(x: Node, name: string, { inputs, outputs }: Omit<Kernel, "kernel">, padMode: "zero" | "reflect"): Node {
    const bias = this.bias(name, outputs) ?? constant(tensor([outputs], new Float32Array(outputs)));
    return upsampledConv2d(x, this.constant(`${name}.weight`, [outputs, inputs, 3, 3]), bias, { padMode });
  }

  transposedConvolution(x: Node, name: string, { inputs, outputs, kernel }: Kernel, options: ConvTranspose2dOptions): Node {
    const weight = this.constant(`${name}.weight`, [inputs, outputs, kernel, kernel]);
    return convTranspose2d(x, weight, this.bias(name, outputs), options);
  }

  /**
   * With the statistics of the picture, batch norm is instance norm (Ulyanov, Vedaldi, Lempitsky 2016): the batch is one
   * picture. With those of training they are folded into a factor and an offset for each channel (Ioffe, Szegedy 2015,
   * at inference).
   */
  normalise(x: Node, name: string, channels: number): Node {
    const { affine, statistics } = this.normalisation;
    const part = (which: string) => weightOf(this.weights, `${name}.${which}`, [channels]);
    const all = (value: number) => tensor([channels], new Float32Array(channels).fill(value));
    const [scale, shift] = affine ? [part("weight"), part("bias")] : [all(1), all(0)];
    if (statistics === "picture") return instanceNorm(x, constant(scale), constant(shift), { epsilon: EPSILON });
    const [mean, variance] = [part("running_mean").data, part("running_var").data];
    const factor = scale.data.map((value, i) => value / Math.sqrt(variance[i]! + EPSILON));
    const offset = shift.data.map((value, i) => value - mean[i]! * factor[i]!);
    const perChannel = (data: Float32Array) => constant(tensor([1, channels, 1, 1], data));
    return add(mul(x, perChannel(factor)), perChannel(offset));
  }

  /** The original code leaves out biases that batch norm would cancel. */
  private bias(name: string, outputs: number): Node | null {
    if (this.normalisation.norm === "batch" && !Object.hasOwn(this.weights, `${name}.bias`)) return null;
    return this.constant(`${name}.bias`, [outputs]);
  }

  private constant(name: string, shape: readonly number[]): Node {
    return constant(weightOf(this.weights, name, shape));
  }
}
