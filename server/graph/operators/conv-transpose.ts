import type { Dimension, Node, Shape } from "../node.js";
import { Operator } from "../operator.js";
import { check, checkInteger, dimensionAt, formatShape, mapDimension } from "../shape.js";
import { elementCount } from "../tensor.js";
import { reduceSum } from "./arithmetic.js";
import { type ConvolutionAttributes, conv2d, eachProduct, withBias } from "./convolution.js";

export interface ConvTranspose2dAttributes extends ConvolutionAttributes {
  /** Rows and columns added at the lower and right end. Selects one of the sizes that a strided conv2d maps to one. */
  outputPadding: number;
}

/** The input gradient of conv2d with the same weight and options. Like conv2d, it has no rule towards the weight. */
export const convTranspose2dOperator = new Operator<ConvTranspose2dAttributes>({
  name: "convTranspose2d",
  shape: (attributes, x, weight, bias) => enlargedShape(attributes, x, weight, bias),
  forward: (shape, attributes, x, weight, bias) => {
    const sums = new Float64Array(elementCount(shape));
    eachProduct(shape, weight.shape, x.shape, attributes, (o, w, i) => {
      sums[o] = (sums[o] as number) + (x.data[i] as number) * (weight.data[w] as number);
    });
    return withBias(sums, shape, bias);
  },
  gradients: [
    (upstream, { attributes: { stride, padding, groups } }, _, weight) => conv2d(upstream, weight, null, { stride, padding, groups }),
    undefined,
    (upstream) => reduceSum(upstream, [0, 2, 3]),
  ],
  toOnnx: (onnx, { attributes: { stride, padding, outputPadding, groups } }, ...inputs) =>
    onnx.add("ConvTranspose", inputs, {
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
      output_padding: [outputPadding, outputPadding],
      group: groups,
    }),
});

export interface ConvTranspose2dOptions {
  stride?: number;
  /** Pixels cut off on each side. */
  padding?: number;
  /** Pixels added at the lower and right end; less than the stride. */
  outputPadding?: number;
  groups?: number;
}

/**
 * Transposed convolution: x [N, C, H, W], weight [C, O / groups, kH, kW], bias [O] or null -> [N, O, h, w] with
 * h = (H - 1) stride - 2 padding + kH + outputPadding.
 * @throws GraphError when shapes or options do not fit.
 */
export function convTranspose2d(x: Node, weight: Node, bias: Node | null, options: ConvTranspose2dOptions = {}): Node {
  const { stride = 1, padding = 0, outputPadding = 0, groups = 1 } = options;
  checkInteger("convTranspose2d", "stride", stride, 1);
  checkInteger("convTranspose2d", "padding", padding, 0);
  checkInteger("convTranspose2d", "outputPadding", outputPadding, 0);
  checkInteger("convTranspose2d", "groups", groups, 1);
  check(outputPadding < stride, `convTranspose2d: outputPadding must be less than the stride, not ${outputPadding}`);
  return convTranspose2dOperator.node(bias ? [x, weight, bias] : [x, weight], { stride, padding, outputPadding, groups });
}

function enlargedShape(attributes: ConvTranspose2dAttributes, x: Shape, weight: Shape, bias?: Shape): Dimension[] {
  const { stride, padding, outputPadding, groups } = attributes;
  check(x.length === 4, `convTranspose2d: x must be [N, C, H, W], not ${formatShape(x)}`);
  const [inputs, groupOutputs, ...kernel] = weight;
  check(
    weight.length === 4 && typeof inputs === "number" && typeof groupOutputs === "number",
    `convTranspose2d: the weight must be [C, O / groups, kH, kW], not ${formatShape(weight)}`,
  );
  check(dimensionAt(x, 1) === inputs, `convTranspose2d: ${formatShape(weight)} does not fit x ${formatShape(x)}`);
  check(inputs % groups === 0, `convTranspose2d: ${inputs} inputs cannot be split into ${groups} groups`);
  const outputs = groupOutputs * groups;
  check(bias === undefined || (bias.length === 1 && bias[0] === outputs), `convTranspose2d: the bias must be [${outputs}]`);
  const [height, width] = [2, 3].map((axis) => {
    const size = kernel[axis - 2];
    check(typeof size === "number", "convTranspose2d: the kernel's size must be known");
    return mapDimension(dimensionAt(x, axis), (value) => (value - 1) * stride - 2 * padding + size + outputPadding);
  }) as [Dimension, Dimension];
  check(
    [height, width].every((size) => typeof size !== "number" || size > 0),
    `convTranspose2d: padding of ${padding} leaves nothing of ${formatShape(x)}`,
  );
  return [dimensionAt(x, 0), outputs, height, width];
}
