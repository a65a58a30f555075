import type { Node } from "../node.js";
import { Operator } from "../operator.js";
import { normalizeAxes } from "../shape.js";
import { mul } from "./arithmetic.js";
import { count } from "./count.js";
import { expandLike } from "./expand-like.js";
import { reciprocal } from "./reciprocal.js";
import { countAlong, sumOver, withoutAxes } from "./reduce.js";
import { unsqueeze } from "./unsqueeze.js";

/** Mean over axes, which vanish from the shape. */
export const reduceMeanOperator = new Operator<{ axes: readonly number[] }>({
  name: "reduceMean",
  shape: ({ axes }, x) => withoutAxes(x, axes),
  forward: (_shape, { axes }, x) => Float32Array.from(sumOver(x, axes), (sum) => sum / countAlong(x.shape, axes)),
  gradients: [(upstream, { attributes: { axes } }, x) => expandLike(unsqueeze(mul(upstream, reciprocal(count(x, axes))), axes), x)],
  toOnnx: (onnx, { attributes }, x) => onnx.add("ReduceMean", [x, onnx.integers(attributes.axes)], { keepdims: 0 }),
});

/** Mean over `axes` ("all" gives a scalar); the axes are not kept. Negative axes count from the end. */
export function reduceMean(x: Node, axes: readonly number[] | "all"): Node {
  const sorted = normalizeAxes("reduceMean", axes, x.shape.length);
  return sorted.length === 0 ? x : reduceMeanOperator.node([x], { axes: sorted });
}
