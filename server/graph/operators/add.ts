import type { Node } from "../node.js";
import { Operator } from "../operator.js";
import { broadcastShapes } from "../shape.js";
import { broadcastValues } from "./broadcast-values.js";
import { sumToShapeOf } from "./sum-to-shape.js";

/** a + b under NumPy broadcasting. */
export const addOperator = new Operator({
  name: "add",
  shape: (_, a, b) => broadcastShapes("add", a, b),
  forward: (shape, _, a, b) => broadcastValues(shape, a, b, (x, y) => x + y),
  gradients: [(upstream, _, a) => sumToShapeOf(upstream, a), (upstream, _, _a, b) => sumToShapeOf(upstream, b)],
  toOnnx: (onnx, _, a, b) => onnx.add("Add", [a, b]),
});

/** a + b under NumPy broadcasting; two free dimensions are taken to be equal. */
export function add(a: Node, b: Node): Node {
  return addOperator.node([a, b], {});
}
