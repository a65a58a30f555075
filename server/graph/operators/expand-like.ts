import type { Node } from "../node.js";
import { Operator } from "../operator.js";
import { broadcastShapes, check, formatShape } from "../shape.js";
import { broadcastValues } from "./broadcast-values.js";

/** (x, like) -> x repeated along its axes of size 1 until it has like's shape. Serves gradients of sums. */
export const expandLikeOperator = new Operator({
  name: "expandLike",
  shape: (_, x, like) => {
    check(x.length === like.length, `expandLike: ${formatShape(x)} and ${formatShape(like)} differ in rank`);
    broadcastShapes("expandLike", x, like);
    return [...like];
  },
  forward: (shape, _, x, like) => broadcastValues(shape, x, like, (value) => value),
  gradients: [],
  toOnnx: (onnx, _, x, like) => onnx.add("Expand", [x, onnx.add("Shape", [like])]),
});

/** x, of as many axes as `like`, repeated until it has like's shape. */
export function expandLike(x: Node, like: Node): Node {
  return expandLikeOperator.node([x, like], {});
}
