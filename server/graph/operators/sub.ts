import { constant, type Node } from "../node.js";
import { Operator } from "../operator.js";
import { broadcastShapes } from "../shape.js";
import { scalar } from "../tensor.js";
import { mul } from "./arithmetic.js";
import { broadcastValues } from "./broadcast-values.js";
import { sumToShapeOf } from "./sum-to-shape.js";

/** a - b under NumPy broadcasting. */
export const subOperator = new Operator({
  name: "sub",
  shape: (_, a, b) => broadcastShapes("sub", a, b),
  forward: (shape, _, a, b) => broadcastValues(shape, a, b, (x, y) => x - y),
  gradients: [(upstream, _, a) => sumToShapeOf(upstream, a), (upstream, _, _a, b) => mul(sumToShapeOf(upstream, b), constant(scalar(-1)))],
  toOnnx: (onnx, _, a, b) => onnx.add("Sub", [a, b]),
});

/** a - b under NumPy broadcasting; two free dimensions are taken to be equal. */
export function sub(a: Node, b: Node): Node {
  return subOperator.node([a, b], {});
}
