import { constant, type Node } from "../node.js";
import { fourfold } from "../onnx/blocks.js";
import { Operator } from "../operator.js";
import { check, dimensionAt, formatShape, mapDimension } from "../shape.js";
import { eachIndex, elementCount, scalar, type Tensor } from "../tensor.js";
import { mul, reduceSum } from "./arithmetic.js";
import { conv2dInputGradientOperator } from "./convolution.js";
import { reflectPad, reflectPadGradientOperator } from "./padding.js";
import { avgPool, upsampleNearest } from "./pooling.js";

/** Side of the kernel. */
const KERNEL = 3;

export interface UpsampledConv2dAttributes {
  /** The border of one pixel: zeros, or mirrored. */
  padMode: "zero" | "reflect";
}

/**
 * x twice as large by nearest neighbours, convolved by a 3x3 kernel within a border of one pixel: the
 * "resize-convolution" of Odena, Dumoulin and Olah 2016, "Deconvolution and Checkerboard Artifacts".
 *
 * In ONNX the kernel sees x itself. A result pixel reads only 2 x 2 pixels of x, so each of the four pixels over one of
 * x has a 2x2 kernel of sums: 4/9 of the products, and nothing is enlarged first.
 */
export const upsampledConv2dOperator = new Operator<UpsampledConv2dAttributes>({
  name: "upsampledConv2d",
  shape: (_, x, weight, bias) => {
    check(x.length === 4, `upsampledConv2d: x must be [N, C, H, W], not ${formatShape(x)}`);
    const [outputs = 0, inputs, ...kernel] = weight;
    const fits = weight.length === 4 && inputs === x[1] && kernel.every((side) => side === KERNEL);
    check(fits, `upsampledConv2d: the weight must be [O, ${x[1]}, ${KERNEL}, ${KERNEL}], not ${formatShape(weight)}`);
    check(bias?.length === 1 && bias[0] === outputs, `upsampledConv2d: the bias must be [${outputs}]`);
    return [dimensionAt(x, 0), outputs, ...x.slice(2).map((size) => mapDimension(size, (value) => 2 * value))];
  },
  forward: (shape, { padMode }, x, weight, bias) => {
    const [, channels = 0, height = 0, width = 0] = x.shape;
    const sums = new Float64Array(elementCount(shape));
    eachIndex(shape, ([n = 0, o = 0, row = 0, column = 0], offset) => {
      let sum = bias!.data[o] as number;
      for (let c = 0; c < channels; c++) {
        for (let tap = 0; tap < KERNEL * KERNEL; tap++) {
          const [y, z] = [row + Math.floor(tap / KERNEL) - 1, column + (tap % KERNEL) - 1];
          if (padMode === "zero" && (y < 0 || y >= 2 * height || z < 0 || z >= 2 * width)) continue;
          const pixel = x.data[((n * channels + c) * height + source(y, height)) * width + source(z, width)] as number;
          sum += pixel * (weight.data[(o * channels + c) * KERNEL * KERNEL + tap] as number);
        }
      }
      sums[offset] = sum;
    });
    return Float32Array.from(sums);
  },
  gradients: [
    (upstream, { attributes: { padMode } }, x, weight) => {
      const larger = upsampleNearest(x, { size: 2 });
      const within = (read: Node, padding: number) =>
        conv2dInputGradientOperator.node([upstream, weight, read], { stride: 1, padding, groups: 1 });
      const gradient =
        padMode === "zero"
          ? within(larger, 1)
          : reflectPadGradientOperator.node([within(reflectPad(larger, 1), 0), larger], { padding: 1 });
      return mul(avgPool(gradient, { size: 2 }), constant(scalar(4)));
    },
    undefined,
    (upstream) => reduceSum(upstream, [0, 2, 3]),
  ],
  rewritten: () => [1, 2],
  toOnnx: (onnx, { attributes: { padMode }, inputs: [, weight, bias] }, x) => {
    const [kernels, offsets] = [weight, bias].map((node) => node!.attributes.value as Tensor);
    const isZero = padMode === "zero";
    // The mirrored border of the enlarged picture repeats the border of x.
    const bordered = isZero ? x : onnx.add("Pad", [x, onnx.integers([0, 0, 1, 1, 0, 0, 1, 1])], { mode: "edge" });
    const inputs = [bordered, onnx.tensor(sumsOf(kernels!)), onnx.tensor(fourfold(offsets!))];
    const squares = onnx.add("Conv", inputs, { pads: isZero ? [1, 1, 1, 1] : [0, 0, 0, 0] });
    const larger = onnx.add("DepthToSpace", [squares], { blocksize: 2, mode: "CRD" });
    return onnx.add("Slice", [larger, onnx.integers([1, 1]), onnx.integers([-1, -1]), onnx.integers([2, 3])]);
  },
});

/**
 * x [N, C, H, W], weight [O, C, 3, 3], bias [O] -> [N, O, 2 H, 2 W]: the `conv2d` with a padding of 1 of
 * `upsampleNearest`.
 * @throws GraphError when shapes do not fit, or weight or bias is not a constant.
 */
export function upsampledConv2d(x: Node, weight: Node, bias: Node, attributes: UpsampledConv2dAttributes): Node {
  for (const node of [weight, bias]) check(node.operator === "constant", "upsampledConv2d: weight and bias must be constants");
  return upsampledConv2dOperator.node([x, weight, bias], attributes);
}

/** The pixel of x, of `size` pixels along an axis, that is at `position` of the enlarged picture. */
function source(position: number, size: number): number {
  return Math.min(size - 1, Math.max(0, Math.floor(position / 2)));
}

/**
 * [O, C, 3, 3] -> [4 O, C, 2, 2]: for each output, the kernels of four result pixels. These lie across the corners of
 * four pixels of x, one row and column after the border.
 */
function sumsOf({ shape: [outputs = 0, inputs = 0], data }: Tensor): Tensor {
  const shape = [4 * outputs, inputs, 2, 2];
  const sums = new Float32Array(elementCount(shape));
  eachIndex(shape, ([square = 0, input = 0, row = 0, column = 0], offset) => {
    const first = (Math.floor(square / 4) * inputs + input) * KERNEL * KERNEL;
    for (const y of taps(row, Math.floor(square / 2) % 2)) {
      for (const x of taps(column, square % 2)) sums[offset] = (sums[offset] as number) + (data[first + y * KERNEL + x] as number);
    }
  });
  return { shape, data: sums };
}

/** Places of the 3x3 kernel, along one axis, that read pixel `pixel` of two; the square's result pixel is `result`. */
function taps(pixel: number, result: number): readonly number[] {
  if (result === 0) return pixel === 0 ? [0, 1] : [2];
  return pixel === 0 ? [0] : [1, 2];
}
