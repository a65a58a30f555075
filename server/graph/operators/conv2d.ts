import type { Node } from "../node.js";
import { Operator } from "../operator.js";
import { check, checkInteger, dimensionAt, formatShape, mapDimension } from "../shape.js";
import { elementCount } from "../tensor.js";
import { conv2dInputGradient } from "./conv2d-input-gradient.js";
import { type ConvolutionAttributes, eachProduct } from "./convolution.js";
import { reduceSum } from "./reduce-sum.js";
import { reflectPad } from "./reflect-pad.js";

/** Cross-correlation, as neural networks call convolution. There is no rule towards the weight: training is not done here. */
export const conv2dOperator = new Operator<ConvolutionAttributes>({
  name: "conv2d",
  forward: ({ attributes }, x, weight, bias) => {
    const [batch = 0, , height = 0, width = 0] = x.shape;
    const [outputs = 0, , kernelHeight = 0, kernelWidth = 0] = weight.shape;
    const shape = [batch, outputs, outputSize(height, kernelHeight, attributes), outputSize(width, kernelWidth, attributes)];
    check(shape.every((size) => size > 0), `conv2d: ${formatShape(x.shape)} is smaller than the kernel ${formatShape(weight.shape)}`);
    const sums = new Float64Array(elementCount(shape));
    eachProduct({ x, weight, y: { shape, data: new Float32Array() } }, attributes, (i, w, o) => {
      sums[o] = (sums[o] as number) + (x.data[i] as number) * (weight.data[w] as number);
    });
    const plane = (shape[2] as number) * (shape[3] as number);
    const data = Float32Array.from(sums, (sum, offset) => sum + (bias ? (bias.data[Math.floor(offset / plane) % outputs] as number) : 0));
    return { shape, data };
  },
  gradients: [
    (upstream, { attributes }, x, weight) => conv2dInputGradient(upstream, weight, x, attributes),
    undefined,
    (upstream) => reduceSum(upstream, [0, 2, 3]),
  ],
  toOnnx: (onnx, { attributes: { stride, padding, groups } }, ...inputs) =>
    onnx.add("Conv", inputs, { strides: [stride, stride], pads: [padding, padding, padding, padding], group: groups }),
});

function outputSize(size: number, kernel: number, { stride, padding }: ConvolutionAttributes): number {
  return Math.floor((size + 2 * padding - kernel) / stride) + 1;
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
  check(x.shape.length === 4, `conv2d: x must be [N, C, H, W], not ${formatShape(x.shape)}`);
  check(weight.shape.length === 4, `conv2d: the weight must be [O, C / groups, kH, kW], not ${formatShape(weight.shape)}`);
  const [outputs, groupInputs, kernelHeight, kernelWidth] = weight.shape.map((size) => {
    check(typeof size === "number", `conv2d: the weight's shape ${formatShape(weight.shape)} must be known`);
    return size;
  }) as [number, number, number, number];
  check(dimensionAt(x.shape, 1) === groupInputs * groups, `conv2d: ${formatShape(weight.shape)} in ${groups} groups does not fit x ${formatShape(x.shape)}`);
  check(outputs % groups === 0, `conv2d: ${outputs} outputs cannot be split into ${groups} groups`);
  check(bias === null || (bias.shape.length === 1 && bias.shape[0] === outputs), `conv2d: the bias must be [${outputs}]`);
  if (padMode === "reflect" && padding > 0) return conv2d(reflectPad(x, padding), weight, bias, { stride, groups });
  const attributes = { stride, padding, groups };
  const height = mapDimension(dimensionAt(x.shape, 2), (size) => outputSize(size, kernelHeight, attributes));
  const width = mapDimension(dimensionAt(x.shape, 3), (size) => outputSize(size, kernelWidth, attributes));
  check([height, width].every((size) => typeof size !== "number" || size > 0), `conv2d: x ${formatShape(x.shape)} is smaller than the kernel`);
  return conv2dOperator.node(bias ? [x, weight, bias] : [x, weight], [dimensionAt(x.shape, 0), outputs, height, width], attributes);
}
