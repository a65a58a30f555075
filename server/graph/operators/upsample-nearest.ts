import { constant, type Node } from "../node.js";
import { Operator } from "../operator.js";
import { check, checkInteger, fillByIndex, formatShape, mapDimension } from "../shape.js";
import { scalar } from "../tensor.js";
import { mul } from "./arithmetic.js";
import { avgPool } from "./avg-pool.js";
import type { PoolAttributes } from "./pooling.js";
import { enlarge } from "./upsample-like.js";

/** Every element of height and width repeated size x size times. */
export const upsampleNearestOperator = new Operator<PoolAttributes>({
  name: "upsampleNearest",
  shape: ({ size }, x) => {
    check(x.length === 4, `upsampleNearest: x must be [N, C, H, W], not ${formatShape(x)}`);
    return x.map((old, axis) => (axis < 2 ? old : mapDimension(old, (value) => value * size)));
  },
  forward: (shape, { size }, x) => {
    const [, channels = 0, height = 0, width = 0] = x.shape;
    return fillByIndex(shape, ([n = 0, c = 0, row = 0, column = 0]) => {
      const source = ((n * channels + c) * height + Math.floor(row / size)) * width + Math.floor(column / size);
      return x.data[source] as number;
    });
  },
  gradients: [(upstream, { attributes: { size } }) => mul(avgPool(upstream, { size }), constant(scalar(size * size)))],
  toOnnx: (onnx, { attributes: { size } }, x) => enlarge(onnx, x, size),
});

/** x [N, C, H, W] -> [N, C, size H, size W] by nearest neighbours. */
export function upsampleNearest(x: Node, { size }: PoolAttributes): Node {
  checkInteger("upsampleNearest", "size", size, 1);
  return upsampleNearestOperator.node([x], { size });
}
