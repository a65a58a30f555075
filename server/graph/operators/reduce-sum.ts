import type { Node } from "../node.js";
import { Operator } from "../operator.js";
import { normalizeAxes } from "../shape.js";
import { expandLike } from "./expand-like.js";
import { sumOver, withoutAxes } from "./reduce.js";
import { unsqueeze } from "./unsqueeze.js";

/** Sum over axes, which vanish from the shape. */
export const reduceSumOperator = new Operator<{ axes: readonly number[] }>({
  name: "reduceSum",
  shape: ({ axes }, x) => withoutAxes(x, axes),
  forward: (_shape, { axes }, x) => Float32Array.from(sumOver(x, axes)),
  gradients: [(upstream, { attributes }, x) => expandLike(unsqueeze(upstream, attributes.axes), x)],
  toOnnx: (onnx, { attributes }, x) => onnx.add("ReduceSum", [x, onnx.integers(attributes.axes)], { keepdims: 0 }),
});

/** Sum over `axes` ("all" gives a scalar); the axes are not kept. Negative axes count from the end. */
export function reduceSum(x: Node, axes: readonly number[] | "all"): Node {
  const sorted = normalizeAxes("reduceSum", axes, x.shape.length);
  return sorted.length === 0 ? x : reduceSumOperator.node([x], { axes: sorted });
}
