import type { Dimension, Node, Shape } from "../node.js";
import { convolvedInSquares, FEW_CHANNELS } from "../onnx/blocks.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import { type WinogradConvolution, winogradConvolution } from "../onnx/winograd.js";
import { Operator, type OperatorNode } from "../operator.js";
import { check, checkInteger, dimensionAt, formatShape, mapDimension } from "../shape.js";
import { elementCount, type Tensor } from "../tensor.js";
import { reduceSum } from "./arithmetic.js";
import { padAxes, reflectPad, sizeOf } from "./padding.js";

export interface ConvolutionAttributes {
  stride: number;
  /** Rows and columns of zeros on each side. */
  padding: number;
  groups: number;
  /** Whether ONNX computes it by Winograd's method; see `withWinograd`. The value differs by rounding alone. */
  winograd?: boolean;
}

/** Cross-correlation, called convolution in neural networks. No weight gradient, since nothing is trained here. */
export const conv2dOperator = new Operator<ConvolutionAttributes>({
  name: "conv2d",
  shape: (attributes, x, weight, bias) => convolvedShape(attributes, x, weight, bias),
  forward: (shape, attributes, x, weight, bias) => {
    const sums = new Float64Array(elementCount(shape));
    eachProduct(x.shape, weight.shape, shape, attributes, (i, w, o) => {
      sums[o] = (sums[o] as number) + (x.data[i] as number) * (weight.data[w] as number);
    });
    return withBias(sums, shape, bias);
  },
  gradients: [
    (upstream, { attributes }, x, weight) => conv2dInputGradient(upstream, weight, x, attributes),
    undefined,
    (upstream) => reduceSum(upstream, [0, 2, 3]),
  ],
  rewritten: ({ winograd }) => (winograd ? [1] : []),
  toOnnx: (onnx, node, ...inputs) => {
    const { stride, padding, groups, winograd } = node.attributes;
    if (winograd) return byWinograd(onnx, node, inputs[0] as string, { bias: inputs[2] ?? null, padding, reversed: false });
    const [weight, bias] = node.inputs.slice(1).map(({ attributes: { value } }) => value as Tensor | undefined);
    const isKnown = weight !== undefined && (node.inputs.length === 2 || bias !== undefined);
    if (isKnown && stride === 1 && groups === 1 && dimensionAt(weight.shape, 0) <= FEW_CHANNELS) {
      const growth = [2, 3].map((axis) => 2 * padding + 1 - dimensionAt(weight.shape, axis)) as [number, number];
      const convolution = { weight, bias: bias ?? null, rows: padding, columns: padding };
      return convolvedInSquares(onnx, inputs[0] as string, convolution, { shape: node.shape, like: inputs[0] as string, growth });
    }
    return onnx.add("Conv", inputs, { strides: [stride, stride], pads: [padding, padding, padding, padding], group: groups });
  },
});

/** (upstream, weight, x) -> gradient of conv2d towards x. Only the shape of x is read. */
export const conv2dInputGradientOperator = new Operator<ConvolutionAttributes>({
  name: "conv2dInputGradient",
  shape: (_attributes, _upstream, _weight, x) => [...x],
  forward: (shape, attributes, upstream, weight) => {
    const sums = new Float64Array(elementCount(shape));
    eachProduct(shape, weight.shape, upstream.shape, attributes, (i, w, o) => {
      sums[i] = (sums[i] as number) + (upstream.data[o] as number) * (weight.data[w] as number);
    });
    return Float32Array.from(sums);
  },
  gradients: [],
  rewritten: ({ winograd }) => (winograd ? [1] : []),
  toOnnx: (onnx, node, upstream, weight, x) => {
    const { stride, padding, groups, winograd } = node.attributes;
    if (winograd) return byWinograd(onnx, node, upstream, { bias: null, padding: 2 - padding, reversed: true });
    const [, kernel] = node.inputs as [Node, Node];
    const [kernelHeight, kernelWidth] = kernel.shape.slice(2) as [number, number];
    const isPlain = kernel.operator === "constant" && groups === 1 && stride === 1 && Math.min(kernelHeight, kernelWidth) > padding;
    if (!isPlain) return transposed(onnx, node, upstream, weight, x);
    const [rows, columns] = [kernelHeight - 1 - padding, kernelWidth - 1 - padding];
    const flipped = flip(kernel.attributes.value as Tensor);
    if ((kernel.shape[1] as number) > FEW_CHANNELS) {
      return onnx.add("Conv", [upstream, onnx.tensor(flipped)], { pads: [rows, columns, rows, columns] });
    }
    const ends = { shape: node.shape, like: x, growth: [0, 0] } as const;
    return convolvedInSquares(onnx, upstream, { weight: flipped, bias: null, rows, columns }, ends);
  },
});

export interface Conv2dOptions {
  stride?: number;
  /** Pixels on each side. */
  padding?: number;
  padMode?: "zero" | "reflect";
  groups?: number;
}

/**
 * Two-dimensional cross-correlation: x [N, C, H, W], weight [O, C / groups, kH, kW], bias [O] or null -> [N, O, h, w]
 * with h = floor((H + 2 padding - kH) / stride) + 1.
 * @throws GraphError when shapes or options do not fit.
 */
export function conv2d(x: Node, weight: Node, bias: Node | null, options: Conv2dOptions = {}): Node {
  const { stride = 1, padding = 0, padMode = "zero", groups = 1 } = options;
  checkInteger("conv2d", "stride", stride, 1);
  checkInteger("conv2d", "padding", padding, 0);
  checkInteger("conv2d", "groups", groups, 1);
  if (padMode === "reflect" && padding > 0) return conv2d(reflectPad(x, padding), weight, bias, { stride, groups });
  return conv2dOperator.node(bias ? [x, weight, bias] : [x, weight], { stride, padding, groups });
}

/** Gradient of conv2d towards x [N, C, H, W], from the gradient towards its result. */
function conv2dInputGradient(upstream: Node, weight: Node, x: Node, attributes: ConvolutionAttributes): Node {
  const { stride, padding, groups } = attributes;
  return conv2dInputGradientOperator.node([upstream, weight, x], { stride, padding, groups });
}

function byWinograd(
  onnx: OnnxBuilder,
  { inputs: [x, weight] }: OperatorNode<ConvolutionAttributes>,
  name: string,
  options: Omit<WinogradConvolution, "weight">,
): string {
  return winogradConvolution(
    onnx,
    { name, shape: (x as Node).shape as readonly number[] },
    { weight: (weight as Node).attributes.value as Tensor, ...options },
  );
}

function convolvedShape({ stride, padding, groups }: ConvolutionAttributes, x: Shape, weight: Shape, bias?: Shape): Dimension[] {
  check(x.length === 4, `conv2d: x must be [N, C, H, W], not ${formatShape(x)}`);
  const [outputs, groupInputs, ...kernel] = weight;
  check(
    weight.length === 4 && typeof outputs === "number" && typeof groupInputs === "number",
    `conv2d: the weight must be [O, C / groups, kH, kW], not ${formatShape(weight)}`,
  );
  check(dimensionAt(x, 1) === groupInputs * groups, `conv2d: ${formatShape(weight)} in ${groups} groups does not fit x ${formatShape(x)}`);
  check(outputs % groups === 0, `conv2d: ${outputs} outputs cannot be split into ${groups} groups`);
  check(bias === undefined || (bias.length === 1 && bias[0] === outputs), `conv2d: the bias must be [${outputs}]`);
  const [height, width] = [2, 3].map((axis) => {
    const size = kernel[axis - 2];
    check(typeof size === "number", "conv2d: the kernel's size must be known");
    return mapDimension(dimensionAt(x, axis), (value) => Math.floor((value + 2 * padding - size) / stride) + 1);
  }) as [Dimension, Dimension];
  check(
    [height, width].every((size) => typeof size !== "number" || size > 0),
    `conv2d: x ${formatShape(x)} is smaller than the kernel ${formatShape(weight)}`,
  );
  return [dimensionAt(x, 0), outputs, height, width];
}

/**
 * ConvTranspose that keeps its whole result at the lower and right end, then crops or zero-pads it to the size of x.
 * With a stride, the last rows may belong to the padding, to x, or to rows that no step of the kernel reaches.
 */
function transposed(onnx: OnnxBuilder, node: OperatorNode<ConvolutionAttributes>, upstream: string, weight: string, x: string): string {
  const { stride, padding, groups } = node.attributes;
  const pads = [padding, padding, 0, 0];
  const result = onnx.add("ConvTranspose", [upstream, weight], { strides: [stride, stride], pads, group: groups });
  const zero = onnx.integers([0]);
  const axes = [2, 3].map((axis) => ({ axis, before: zero, after: onnx.add("Sub", [sizeOf(onnx, x, axis), sizeOf(onnx, result, axis)]) }));
  return padAxes(onnx, result, axes);
}

/**
 * [O, C, kH, kW] -> [C, O, kH, kW] with both kernel axes reversed. At stride 1, convolving the upstream gradient with
 * this weight gives the input gradient.
 */
function flip(weight: Tensor): Tensor {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = weight.shape;
  const taps = height * width;
  const data = new Float32Array(weight.data.length);
  for (let c = 0; c < inputs; c++) {
    for (let o = 0; o < outputs; o++) {
      const from = (o * inputs + c) * taps;
      const to = (c * outputs + o) * taps;
      for (let tap = 0; tap < taps; tap++) data[to + taps - 1 - tap] = weight.data[from + tap] as number;
    }
  }
  return { shape: [inputs, outputs, height, width], data };
}

/** Adds bias [O], if there is one, to sums [N, O, h, w]. */
export function withBias(sums: Float64Array, [, outputs = 0, height = 0, width = 0]: readonly number[], bias?: Tensor): Float32Array {
  return Float32Array.from(sums, (sum, offset) => sum + (bias?.data[Math.floor(offset / (height * width)) % outputs] ?? 0));
}

/**
 * Visits every product that a convolution adds up, with its offsets into x [N, C, H, W], weight [O, C / groups, kH, kW]
 * and result [N, O, h, w].
 */
export function eachProduct(
  x: readonly number[],
  weight: readonly number[],
  result: readonly number[],
  { stride, padding, groups }: ConvolutionAttributes,
  visit: (x: number, weight: number, result: number) => void,
): void {
  const [batch = 0, inputs = 0, height = 0, width = 0] = x;
  const [outputs = 0, groupInputs = 0, kernelHeight = 0, kernelWidth = 0] = weight;
  const [, , outHeight = 0, outWidth = 0] = result;
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outputs; o++) {
      const firstInput = Math.floor((o * groups) / outputs) * groupInputs;
      for (let c = 0; c < groupInputs; c++) {
        for (let tap = 0; tap < kernelHeight * kernelWidth; tap++) {
          const ky = Math.floor(tap / kernelWidth) - padding;
          const kx = (tap % kernelWidth) - padding;
          const weightOffset = (o * groupInputs + c) * kernelHeight * kernelWidth + tap;
          for (let row = 0; row < outHeight; row++) {
            const sourceRow = row * stride + ky;
            if (sourceRow < 0 || sourceRow >= height) continue;
            const source = ((n * inputs + firstInput + c) * height + sourceRow) * width;
            const target = ((n * outputs + o) * outHeight + row) * outWidth;
            for (let column = 0; column < outWidth; column++) {
              const sourceColumn = column * stride + kx;
              if (sourceColumn >= 0 && sourceColumn < width) visit(source + sourceColumn, weightOffset, target + column);
            }
          }
        }
      }
    }
  }
}
