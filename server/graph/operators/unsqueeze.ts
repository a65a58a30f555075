import type { Dimension, Node } from "../node.js";
import { Operator } from "../operator.js";
import { normalizeAxes } from "../shape.js";

/** Inserts axes of size 1; `axes` count in the result. Serves gradients of sums. */
export const unsqueezeOperator = new Operator<{ axes: readonly number[] }>({
  name: "unsqueeze",
  forward: ({ attributes }, x) => ({ shape: insertAxes(x.shape, attributes.axes), data: x.data }),
  gradients: [],
  toOnnx: (onnx, { attributes }, x) => onnx.add("Unsqueeze", [x, onnx.integers(attributes.axes)]),
});

function insertAxes<D extends Dimension>(shape: readonly D[], axes: readonly number[]): (D | 1)[] {
  const result: (D | 1)[] = [...shape];
  for (const axis of axes) result.splice(axis, 0, 1);
  return result;
}

/** x with axes of size 1 inserted so that they stand at `axes` of the result. */
export function unsqueeze(x: Node, axes: readonly number[]): Node {
  const sorted = normalizeAxes("unsqueeze", axes, x.shape.length + axes.length);
  return unsqueezeOperator.node([x], insertAxes(x.shape, sorted), { axes: sorted });
}
