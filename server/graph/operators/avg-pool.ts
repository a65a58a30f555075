import type { Node } from "../node.js";
import { Operator } from "../operator.js";
import { checkInteger, fillByIndex } from "../shape.js";
import { type PoolAttributes, pooledShape, windowOffsets } from "./pooling.js";
import { upsampleLike } from "./upsample-like.js";

/** Mean of windows that do not overlap. */
export const avgPoolOperator = new Operator<PoolAttributes>({
  name: "avgPool",
  shape: ({ size }, x) => pooledShape("avgPool", x, size),
  forward: (shape, { size }, x) =>
    fillByIndex(shape, (index) => {
      const offsets = windowOffsets(x.shape, size, index);
      return offsets.reduce((sum, offset) => sum + (x.data[offset] as number), 0) / offsets.length;
    }),
  gradients: [(upstream, { attributes: { size } }, x) => upsampleLike(upstream, x, { size, factor: 1 / (size * size) })],
  toOnnx: (onnx, { attributes: { size } }, x) => onnx.add("AveragePool", [x], { kernel_shape: [size, size], strides: [size, size] }),
});

/** x [N, C, H, W] -> means of size x size windows, [N, C, floor(H / size), floor(W / size)]. */
export function avgPool(x: Node, { size }: PoolAttributes): Node {
  checkInteger("avgPool", "size", size, 1);
  return avgPoolOperator.node([x], { size });
}
