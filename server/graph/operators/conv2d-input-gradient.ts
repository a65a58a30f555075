import type { Node } from "../node.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import { convolvedInSquares, FEW_CHANNELS } from "../onnx/squares.js";
import { Operator, type OperatorNode } from "../operator.js";
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
    const isPlain = kernel.operator === "constant" && groups === 1 && stride === 1 && Math.min(kernelHeight, kernelWidth) > padding;
    if (!isPlain) return transposed(onnx, node, upstream, weight, x);
    const [rows, columns] = [kernelHeight - 1 - padding, kernelWidth - 1 - padding];
    const flipped = flip(kernel.attributes.value as Tensor);
    if ((kernel.shape[1] as number) > FEW_CHANNELS) {
      return onnx.add("Conv", [upstream, onnx.tensor(flipped)], { pads: [rows, columns, rows, columns] });
    }
    return convolvedInSquares(
      onnx,
      upstream,
      { weight: flipped, bias: null, rows, columns },
      { shape: node.shape, like: x, growth: [0, 0] },
    );
  },
});

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
