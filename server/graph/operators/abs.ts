import type { Node } from "../node.js";
import { noGradient, Operator } from "../operator.js";
import { mul } from "./arithmetic.js";

/** |x|; the derivative at 0 is 0. */
export const absOperator = new Operator({
  name: "abs",
  shape: (_, x) => [...x],
  forward: (_shape, _, x) => x.data.map(Math.abs),
  gradients: [(upstream, _, x) => mul(upstream, signOperator.node([x], {}))],
  toOnnx: (onnx, _, x) => onnx.add("Abs", [x]),
});

/** -1, 0 or 1. */
export const signOperator = new Operator({
  name: "sign",
  shape: (_, x) => [...x],
  forward: (_shape, _, x) => x.data.map(Math.sign),
  gradients: [noGradient],
  // Everything but 0 is driven beyond the bounds: ONNX Runtime's own Sign takes several times as long.
  toOnnx: (onnx, _, x) => onnx.add("Clip", [onnx.add("Mul", [x, onnx.scalar(3e38)]), onnx.scalar(-1), onnx.scalar(1)]),
});

/** Absolute value of any shape. */
export function abs(x: Node): Node {
  return absOperator.node([x], {});
}
