import type { Node } from "../node.js";
import { Operator } from "../operator.js";
import { broadcastShapes } from "../shape.js";
import { broadcastValues } from "./broadcast-values.js";
import { expandLikeOperator } from "./expand-like.js";
import { sumToShapeOf } from "./sum-to-shape.js";

/** a * b under NumPy broadcasting. */
export const mulOperator = new Operator({
  name: "mul",
  shape: (_, a, b) => broadcastShapes("mul", a, b),
  forward: (shape, _, a, b) => broadcastValues(shape, a, b, (x, y) => x * y),
  gradients: [(upstream, node, a, b) => towards(a, b, upstream, node), (upstream, node, a, b) => towards(b, a, upstream, node)],
  toOnnx: (onnx, _, a, b) => onnx.add("Mul", [a, b]),
});

function towards(target: Node, other: Node, upstream: Node, node: Node): Node {
  return sumToShapeOf(mul(unexpanded(upstream, other, node), other), target);
}

/** The gradient of a sum is one number repeated: where the product broadcasts it anyway, it is not written out. */
function unexpanded(upstream: Node, other: Node, node: Node): Node {
  const broadcastsAnyway = other.shape.length === node.shape.length && other.shape.every((size, axis) => size === node.shape[axis]);
  const [compact] = upstream.inputs;
  return upstream.operator === expandLikeOperator.name && broadcastsAnyway && compact !== undefined ? compact : upstream;
}

/** a * b under NumPy broadcasting; two free dimensions are taken to be equal. */
export function mul(a: Node, b: Node): Node {
  return mulOperator.node([a, b], {});
}
