import type { Dimension, Node } from "../node.js";
import { convolvedInSquares, FEW_CHANNELS } from "../onnx/squares.js";
import { Operator, type Shape } from "../operator.js";
import { check, checkInteger, dimensionAt, formatShape, mapDimension } from "../shape.js";
import { elementCount, type Tensor } from "../tensor.js";
import { conv2dInputGradient } from "./conv2d-input-gradient.js";
import { type ConvolutionAttributes, eachProduct } from "./convolution.js";
import { reflectPad } from "./padding.js";
import { reduceSum } from "./reduce-sum.js";

/** Cross-correlation, as neural networks call convolution. There is no rule towards the weight: training is not done here. */
export const conv2dOperator = new Operator<ConvolutionAttributes>({
  name: "conv2d",
  shape: (attributes, x, weight, bias) => convolvedShape(attributes, x, weight, bias),
  forward: (shape, attributes, x, weight, bias) => {
    const [, outputs = 0, height = 0, width = 0] = shape;
    const sums = new Float64Array(elementCount(shape));
    eachProduct(x.shape, weight.shape, shape, attributes, (i, w, o) => {
      sums[o] = (sums[o] as number) + (x.data[i] as number) * (weight.data[w] as number);
    });
    return Float32Array.from(sums, (sum, offset) => sum + (bias?.data[Math.floor(offset / (height * width)) % outputs] ?? 0));
  },
  gradients: [
    (upstream, { attributes }, x, weight) => conv2dInputGradient(upstream, weight, x, attributes),
    undefined,
    (upstream) => reduceSum(upstream, [0, 2, 3]),
  ],
  toOnnx: (onnx, node, ...inputs) => {
    const { stride, padding, groups } = node.attributes;
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
