import type { Node } from "../node.js";
import { Operator } from "../operator.js";
import { eachIndex, fillByIndex } from "../shape.js";
import { elementCount } from "../tensor.js";
import { type PoolAttributes, pooledShape, pooledSizes, windowOffsets } from "./pooling.js";
import { upsample } from "./upsample-like.js";

/** Largest element of windows that do not overlap. */
export const maxPoolOperator = new Operator<PoolAttributes>({
  name: "maxPool",
  forward: ({ attributes: { size } }, x) => {
    const shape = pooledSizes("maxPool", x.shape, size);
    const data = fillByIndex(shape, (index) => Math.max(...windowOffsets(x.shape, size, index).map((offset) => x.data[offset] as number)));
    return { shape, data };
  },
  gradients: [(upstream, node, x) => maxPoolGradientOperator.node([upstream, node, x], x.shape, { size: node.attributes.size })],
  toOnnx: (onnx, { attributes: { size } }, x) => onnx.add("MaxPool", [x], { kernel_shape: [size, size], strides: [size, size] }),
});

/**
 * (upstream, result, x) -> gradient towards x. Equal maxima of one window share the gradient evenly: a flat area would
 * otherwise be counted once for every pixel of its windows.
 */
export const maxPoolGradientOperator = new Operator<PoolAttributes>({
  name: "maxPoolGradient",
  forward: ({ attributes: { size } }, upstream, result, x) => {
    const data = new Float32Array(elementCount(x.shape));
    eachIndex(result.shape, (index, pooled) => {
      const largest = windowOffsets(x.shape, size, index).filter((offset) => x.data[offset] === result.data[pooled]);
      for (const offset of largest) data[offset] = (upstream.data[pooled] as number) / largest.length;
    });
    return { shape: x.shape, data };
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
  return maxPoolOperator.node([x], pooledShape("maxPool", x, size), { size });
}
