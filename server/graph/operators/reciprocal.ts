import { constant, type Node } from "../node.js";
import { Operator } from "../operator.js";
import { scalar } from "../tensor.js";
import { mul } from "./arithmetic.js";

/** 1 / x; the derivative is -1 / x^2. */
export const reciprocalOperator = new Operator({
  name: "reciprocal",
  shape: (_, x) => [...x],
  forward: (_shape, _, x) => x.data.map((value) => 1 / value),
  gradients: [(upstream, node) => mul(upstream, mul(constant(scalar(-1)), mul(node, node)))],
  toOnnx: (onnx, _, x) => onnx.add("Reciprocal", [x]),
});

/** 1 / x of any shape. */
export function reciprocal(x: Node): Node {
  return reciprocalOperator.node([x], {});
}
