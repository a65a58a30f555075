import { constant, type Node } from "../node.js";
import { Operator } from "../operator.js";
import { scalar } from "../tensor.js";
import { mul } from "./arithmetic.js";
import { sub } from "./sub.js";

/** Hyperbolic tangent; its derivative is 1 minus the square of the result. */
export const tanhOperator = new Operator({
  name: "tanh",
  shape: (_, x) => [...x],
  forward: (_shape, _, x) => x.data.map(Math.tanh),
  gradients: [(upstream, node) => mul(upstream, sub(constant(scalar(1)), mul(node, node)))],
  toOnnx: (onnx, _, x) => onnx.add("Tanh", [x]),
});

/** Hyperbolic tangent of any shape. */
export function tanh(x: Node): Node {
  return tanhOperator.node([x], {});
}
