import type { Dimension, Node } from "../node.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import { Operator, type OperatorNode } from "../operator.js";
import { eachIndex } from "../shape.js";
import { elementCount, type Tensor } from "../tensor.js";
import { type ConvolutionAttributes, eachProduct } from "./convolution.js";
import { padAxes, sizeOf } from "./pad-like.js";

/** (upstream, weight, x) -> gradient of conv2d towards x, which lends its shape alone. */
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
  toOnnx: (onnx, node, upstream, weight, x) => {
    const { stride, padding, groups } = node.attributes;
    const [, kernel] = node.inputs as [Node, Node];
    const [kernelHeight, kernelWidth] = kernel.shape.slice(2) as [number, number];
    const flipped = kernel.operator === "constant" && groups === 1 && stride === 1 && Math.min(kernelHeight, kernelWidth) > padding;
    if (!flipped) return transposed(onnx, node, upstream, weight, x);
    const [rows, columns] = [kernelHeight - 1 - padding, kernelWidth - 1 - padding];
    const weights = flip(kernel.attributes.value as Tensor);
    const [, channels] = kernel.shape as [number, number];
    if (channels > FEW_CHANNELS) return onnx.add("Conv", [upstream, onnx.tensor(weights)], { pads: [rows, columns, rows, columns] });
    const squares = { strides: [2, 2], pads: [rows, columns, rows + 1, columns + 1] };
    const blocks = onnx.add("Conv", [upstream, onnx.tensor(forSquares(weights))], squares);
    const result = onnx.add("DepthToSpace", [blocks], { blocksize: 2, mode: "CRD" });
    return cropped(onnx, result, x, node.shape.slice(2));
  },
});

/**
 * Up to so many channels, such as those of a picture, the gradient is computed in squares of 2 x 2 pixels, each a channel:
 * a convolution always works through blocks of 16 channels, and a result of three would waste 13 of them.
 */
const FEW_CHANNELS = 4;

/** [C, O, kH, kW] -> [4 C, O, kH + 1, kW + 1]: the kernel at each of the four pixels of a square. */
function forSquares({ shape, data }: Tensor): Tensor {
  const [channels = 0, outputs = 0, height = 0, width = 0] = shape;
  const squares = {
    shape: [4 * channels, outputs, height + 1, width + 1],
    data: new Float32Array(4 * channels * outputs * (height + 1) * (width + 1)),
  };
  eachIndex(squares.shape, ([square = 0, output = 0, row = 0, column = 0], offset) => {
    const [y, x] = [row - (Math.floor(square / 2) % 2), column - (square % 2)];
    if (y < 0 || y >= height || x < 0 || x >= width) return;
    squares.data[offset] = data[((Math.floor(square / 4) * outputs + output) * height + y) * width + x] as number;
  });
  return squares;
}

/** `value` cut at the lower and right end to the height and width of x. */
function cropped(onnx: OnnxBuilder, value: string, x: string, size: readonly Dimension[]): string {
  const known = size.every((one) => typeof one === "number");
  const ends = known ? onnx.integers(size) : onnx.add("Shape", [x], { start: 2, end: 4 });
  return onnx.add("Slice", [value, onnx.integers([0, 0]), ends, onnx.integers([2, 3])]);
}

/**
 * ConvTranspose that keeps all it has at the lower and right end, then cut or padded with zeros to the size of x: with a
 * stride, the last rows may belong to the padding, to x, or lie beyond every step.
 */
function transposed(onnx: OnnxBuilder, node: OperatorNode<ConvolutionAttributes>, upstream: string, weight: string, x: string): string {
  const { stride, padding, groups } = node.attributes;
  const pads = [padding, padding, 0, 0];
  const result = onnx.add("ConvTranspose", [upstream, weight], { strides: [stride, stride], pads, group: groups });
  const zero = onnx.integers([0]);
  const axes = [2, 3].map((axis) => ({ axis, before: zero, after: onnx.add("Sub", [sizeOf(onnx, x, axis), sizeOf(onnx, result, axis)]) }));
  return padAxes(onnx, result, axes);
}

/** [O, C, kH, kW] -> [C, O, kH, kW] with both kernel axes reversed: the input gradient of stride 1 is a convolution with it. */
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

/** Gradient of conv2d towards x [N, C, H, W] from the one towards its result. */
export function conv2dInputGradient(upstream: Node, weight: Node, x: Node, attributes: ConvolutionAttributes): Node {
  const { stride, padding, groups } = attributes;
  return conv2dInputGradientOperator.node([upstream, weight, x], { stride, padding, groups });
}
