import type { Node } from "../node.js";
import { Operator } from "../operator.js";
import { checkInteger, eachIndex, fillByIndex } from "../shape.js";
import { elementCount } from "../tensor.js";
import { type PoolAttributes, pooledShape, windowOffsets } from "./pooling.js";
import { upsample } from "./upsample-like.js";

/** Largest element of windows that do not overlap. */
export const maxPoolOperator = new Operator<PoolAttributes>({
  name: "maxPool",
  shape: ({ size }, x) => pooledShape("maxPool", x, size),
  forward: (shape, { size }, x) =>
    fillByIndex(shape, (index) => Math.max(...windowOffsets(x.shape, size, index).map((offset) => x.data[offset] as number))),
  gradients: [(upstream, node, x) => maxPoolGradientOperator.node([upstream, node, x], { size: node.attributes.size })],
  toOnnx: (onnx, { attributes: { size } }, x) => onnx.add("MaxPool", [x], { kernel_shape: [size, size], strides: [size, size] }),
});

/**
 * (upstream, result, x) -> gradient towards x. Equal maxima of one window share the gradient evenly: a flat area would
 * otherwise be counted once for every pixel of its windows.
 */
export const maxPoolGradientOperator = new Operator<PoolAttributes>({
  name: "maxPoolGradient",
  shape: (_attributes, _upstream, _result, x) => [...x],
  forward: (shape, { size }, upstream, result, x) => {
    const data = new Float32Array(elementCount(shape));
    eachIndex(result.shape, (index, pooled) => {
      const largest = windowOffsets(x.shape, size, index).filter((offset) => x.data[offset] === result.data[pooled]);
      for (const offset of largest) data[offset] = (upstream.data[pooled] as number) / largest.length;
    });
    return data;
  },
  gradients: [],
  toOnnx: (onnx, { attributes: { size } }, upstream, result, x) => {
    const isLargest = onnx.add("Cast", [onnx.add("Equal", [x, upsample(onnx, result, x, size)])], { to: 1 });
    const share = onnx.add("AveragePool", [isLargest], { kernel_shape: [size, size], strides: [size, size] });
    const scaled = onnx.add("Div", [upstream, onnx.add("Mul", [share, onnx.scalar(size * size)])]);
    return onnx.add("Mul", [isLargest, upsample(onnx, scaled, x, size)]);
  },
});

/** x [N, C, H, W] -> maxima of size x size windows, [N, C, floor(H / size), floor(W / size)]. */
export function maxPool(x: Node, { size }: PoolAttributes): Node {
  checkInteger("maxPool", "size", size, 1);
  return maxPoolOperator.node([x], { size });
}
