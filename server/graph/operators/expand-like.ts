import type { Node } from "../node.js";
import { Operator } from "../operator.js";
import { combine } from "./broadcast-values.js";

/** (x, like) -> x repeated along its axes of size 1 until it has like's shape. Serves gradients of sums. */
export const expandLikeOperator = new Operator({
  name: "expandLike",
  forward: (_, x, like) => combine("expandLike", x, like, (value) => value),
  gradients: [],
  toOnnx: (onnx, _, x, like) => onnx.add("Expand", [x, onnx.add("Shape", [like])]),
});

/** x, of as many axes as `like`, repeated until it has like's shape. */
export function expandLike(x: Node, like: Node): Node {
  return expandLikeOperator.node([x, like], like.shape, {});
}
